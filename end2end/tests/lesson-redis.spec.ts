import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

const HITS_OF_DOE = /How many of the three reads will hit/;
const BEYOND_PATIENCE = /What becomes of the three reads/;
const LIFE = 'Read doe twice, write it, read it again';
const FAR = 'Move Redis 50 ms away';
const TOO_FAR = 'Move Redis 150 ms away';
const SHORT = 'Empty Redis, and set a TTL of 30 seconds';
const OFF = 'Switch Redis off';
const ON = 'Switch Redis on again';

const DRAWN = '“Redis” is drawn, with its data.';
const TWO = { rohan: 'Rohan, Mumbai', john: 'John, London' };
const THREE = { ...TWO, doe: 'Doe, Toronto' };

/** Waits until the time of all keys is over: the lesson's are short. */
async function expiry(lesson: Lesson) {
  await lesson.select(lesson.node('redis'));
  await expect(lesson.figure('Keys')).toHaveText('0', { timeout: 60_000 });
  await expect(lesson.table('Keys').getByRole('rowheader')).toHaveCount(0);
}

/** Looks elsewhere: an inspector that looks into a store that is off would complain. */
async function lookAway(lesson: Lesson) {
  await lesson.select(lesson.node('server'));
  await expect(lesson.field('TTL (seconds)')).toBeVisible();
}

test('the lesson about Redis, as a learner walks it', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'redis');
  await expect(lesson.progress).toHaveText('0 of 4 goals');
  await lesson.hasMet();

  expect(await lesson.send('GET rohan', 1)).toEqual(['hit', 'found']);
  await expect(lesson.example('GET rohan')).toContainText('GET rohan');
  // What was sent has the longer key that the text tells of.
  await expect(await lesson.open(lesson.receiptsOf(1).first())).toContainText(/aside:\{.+\}:rohan/);
  await lesson.holds('redis', TWO);
  await expect(lesson.row('rohan')).toContainText(/\d+ s/);
  await expect(lesson.row('john')).toContainText('no expiry');
  await lesson.hasMet();

  await lesson.does(LIFE, [DRAWN, 'Client sends GET doe; GET doe; PUT doe Doe, Lisbon; GET doe.'], 'find GET, SET and DEL among the receipts');
  await expect(lesson.node('client')).toContainText('4 requests');
  // Wrong on purpose.
  await lesson.predict(HITS_OF_DOE, 'Two.');
  await lesson.hasMet();
  await lesson.play(2);
  expect(await lesson.happened(HITS_OF_DOE)).toEqual(['One.']);
  await lesson.wentOtherwise(HITS_OF_DOE, 'The PUT writes the row and deletes the key with DEL');
  expect(await lesson.outcomes(2, 1)).toEqual(['miss', 'found', 'stored']);
  expect(await lesson.outcomes(2, 2)).toEqual(['hit']);
  expect(await lesson.commands(2, 3)).toEqual([expect.stringMatching(/^INSERT/), 'DEL doe', expect.stringMatching(/^PUT doe/)]);
  expect(await lesson.commands(2, 4)).toContain('SET doe "Doe, Lisbon" EX 3600');
  await lesson.hasMet('set-get-del');
  await lesson.holds('redis', { ...TWO, doe: 'Doe, Lisbon' });

  await lesson.does(
    FAR,
    [DRAWN, 'Redis got doe, with a TTL of 3600 s.', 'The link from Server to Redis works, with 50 ms of delay.'],
    'The measured time stays small; what was injected stands beside it.',
  );
  await expect(lesson.link('server-redis')).toContainText('+50 ms');
  await lesson.holds('redis', THREE);
  await lesson.hasMet('set-get-del');
  await lesson.play(3);
  for (const request of [1, 2, 3]) {
    expect(await lesson.outcomes(3, request)).toEqual(['hit']);
    expect(await lesson.injected(lesson.receiptsOf(3, request).first())).toBeGreaterThanOrEqual(50);
  }
  await lesson.hasMet('set-get-del', 'slow-hits');

  await lesson.does(TOO_FAR, [DRAWN, 'The link from Server to Redis works, with 150 ms of delay.'], 'Answer the question, then press Play.');
  await lesson.select(lesson.node('server'));
  await expect(lesson.field('Redis timeout (ms)')).toHaveValue('100');
  await lesson.predict(BEYOND_PATIENCE, 'Redis is given up each time, and Postgres answers.');
  await lesson.play(4);
  expect(await lesson.happened(BEYOND_PATIENCE)).toEqual(['Redis is given up each time, and Postgres answers.']);
  await lesson.wentAsSaid(BEYOND_PATIENCE, 'Three timeouts, three SELECTs, three answers.');
  for (const request of [1, 2, 3]) {
    expect(await lesson.outcomes(4, request)).toEqual(['timed-out', 'found']);
    await expect(lesson.status(4, request)).toHaveText('200');
  }
  await lesson.hasMet('set-get-del', 'slow-hits');

  await lesson.does(SHORT, [DRAWN, 'Redis was emptied.', 'Server: TTL 30 s.'], 'Wait until the inspector lists none, and press Play once more.');
  await expect(lesson.node('server')).toContainText('TTL 30 s');
  await lesson.holds('redis', {});
  await lesson.play(5);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(5, request)).toEqual(['miss', 'found', 'stored']);
  await lesson.play(6);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(6, request)).toEqual(['hit']);
  await expiry(lesson);
  await lesson.hasMet('set-get-del', 'slow-hits');
  await lesson.play(7);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(7, request)).toEqual(['miss', 'found', 'stored']);
  await lesson.hasMet('set-get-del', 'slow-hits', 'expired');

  await lookAway(lesson);
  await lesson.does(OFF, [DRAWN, 'Redis is switched off.'], 'Press Play: three refusals, and three answers from Postgres.');
  await expect(lesson.node('redis')).toHaveAttribute('data-power', 'off');
  await lesson.play(8);
  for (const request of [1, 2, 3]) {
    expect(await lesson.outcomes(8, request)).toEqual(['refused', 'found']);
    await expect(lesson.status(8, request)).toHaveText('200');
  }
  await lesson.hasMet('set-get-del', 'slow-hits', 'expired');
  await lesson.does(ON, ['Redis is switched on.'], 'rohan and john, which it knew before, miss like doe.');
  await expect(lesson.node('redis')).not.toHaveAttribute('data-power');
  await lesson.holds('redis', {});
  await lesson.hasMet('set-get-del', 'slow-hits', 'expired');
  await lesson.play(9);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(9, request)).toEqual(['miss', 'found', 'stored']);
  await lesson.hasMet('set-get-del', 'slow-hits', 'expired', 'came-back-empty');
  await expect(lesson.progress).toHaveText('All 4 goals reached');
});

test('no goal of the lesson about Redis ticks for what is nearly right', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'redis');

  // A key that is stored in one run, hit in the next, and deleted by hand: all of it, but not in one run.
  await lesson.select(lesson.node('redis'));
  await lesson.button('Delete john').click();
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  expect(await lesson.judged(1, () => lesson.play(1))).toEqual([]);
  expect(await lesson.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await lesson.button('Delete john').click();
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai', doe: 'Doe, Toronto' });
  expect(await lesson.judged(2, () => lesson.play(2))).toEqual([]);
  expect(await lesson.outcomes(2, 3)).toEqual(['hit']);
  await lesson.button('Delete doe').click();
  await lesson.holds('redis', TWO);

  // Two hits from far away, and a third read that misses.
  await lesson.apply(FAR);
  await lesson.select(lesson.node('redis'));
  await lesson.button('Delete doe').click();
  await lesson.holds('redis', TWO);
  expect(await lesson.judged(3, () => lesson.play(3))).toEqual([]);
  expect(await lesson.outcomes(3, 3)).toEqual(['miss', 'found', 'stored']);

  // Three fills, but only two hits before all three miss again.
  await lesson.apply(SHORT);
  expect(await lesson.judged(4, () => lesson.play(4))).toEqual([]);
  await lesson.holds('redis', THREE);
  await lesson.button('Delete doe').click();
  await lesson.holds('redis', TWO);
  expect(await lesson.judged(5, () => lesson.play(5))).toEqual([]);
  await lesson.button('Flush').click();
  await lesson.holds('redis', {});
  expect(await lesson.judged(6, () => lesson.play(6))).toEqual([]);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(6, request)).toEqual(['miss', 'found', 'stored']);

  // It refused three reads and came back; but before they are read, somebody writes a key.
  await lookAway(lesson);
  await lesson.apply(OFF);
  expect(await lesson.judged(7, () => lesson.play(7))).toEqual([]);
  await lesson.apply(ON);
  await lesson.select(lesson.node('redis'));
  await lesson.button('Add key').click();
  await lesson.put('rohan', 'Rohan, Mumbai', '3600');
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  expect(await lesson.judged(8, () => lesson.play(8))).toEqual([]);
  expect(await lesson.outcomes(8, 1)).toEqual(['hit']);
  await lesson.hasMet();
  await expect(lesson.progress).toHaveText('0 of 4 goals');

  // What is right ticks, and nothing else does.
  await lesson.applyAgain(LIFE);
  expect(await lesson.judged(9, () => lesson.play(9))).toEqual(['set-get-del']);
  await lesson.hasMet('set-get-del');
});

test('buttons of the lesson about Redis can be pressed twice, and a reset brings back its start', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'redis');
  const drawing = await lesson.drawing();

  await lesson.applyAgain(LIFE);
  await lesson.applyAgain(LIFE);
  await expect(lesson.node('client')).toContainText('4 requests');
  await lesson.play(1);
  await lesson.hasMet('set-get-del');

  await lesson.applyAgain(FAR);
  await lesson.applyAgain(FAR);
  await expect(lesson.link('server-redis')).toContainText('+50 ms');
  await lesson.holds('redis', THREE);
  await lesson.holds('postgres', THREE);
  await lesson.applyAgain(TOO_FAR);
  await lesson.applyAgain(TOO_FAR);
  await expect(lesson.link('server-redis')).toContainText('+150 ms');
  await lesson.holds('redis', TWO);
  await lesson.applyAgain(SHORT);
  await lesson.applyAgain(SHORT);
  await lesson.holds('redis', {});
  await expect(lesson.node('server')).toContainText('TTL 30 s');

  await lookAway(lesson);
  await lesson.applyAgain(OFF);
  await lesson.applyAgain(OFF);
  await expect(lesson.node('redis')).toHaveAttribute('data-power', 'off');
  await lesson.applyAgain(ON);
  await lesson.holds('redis', {});
  await lesson.play(2);
  await lesson.holds('redis', THREE);
  // It is on already: what it has been filled with meanwhile stays.
  await lesson.applyAgain(ON);
  await lesson.holds('redis', THREE);

  await lookAway(lesson);
  await lesson.applyAgain(OFF);
  await lesson.reset();
  await expect(lesson.node('redis')).not.toHaveAttribute('data-power');
  expect(await lesson.drawing()).toEqual(drawing);
  await expect(lesson.node('server')).toContainText('TTL 3600 s');
  await lesson.holds('redis', TWO);
  await expect(lesson.row('john')).toContainText('no expiry');
  await lesson.holds('postgres', THREE);
  await lesson.hasMet('set-get-del');
  await expect(lesson.progress).toHaveText('1 of 4 goals');
});
