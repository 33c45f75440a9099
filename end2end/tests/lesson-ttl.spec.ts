import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

const EDITED_ROW = /What will GET john bring/;
const IN_A_ROW = /What do three reads in a row find/;
const CLIFF = /How many of the twelve reads miss/;
const THIRTY = 'Thirty seconds to live, and a corrected row';
const TWO_SECONDS = 'A TTL of two seconds';
const TOGETHER = 'Twelve keys, filled together';
const JITTER = 'Set a jitter of 50 percent';
const NO_EXPIRY = 'Forget the expiry';

const DRAWN = '“TTL” is drawn, with its data.';
const THREE = { rohan: 'Rohan, Mumbai', john: 'John, London', doe: 'Doe, Toronto' };
const TWELVE = {
  ...THREE,
  asha: 'Asha, Mumbai',
  ben: 'Ben, Leeds',
  chen: 'Chen, Taipei',
  dara: 'Dara, Cork',
  elif: 'Elif, Izmir',
  femi: 'Femi, Lagos',
  gita: 'Gita, Pune',
  hugo: 'Hugo, Lyon',
  ines: 'Ines, Porto',
};
const READ_ALL = `Client sends ${Object.keys(TWELVE).map((key) => `GET ${key}`).join('; ')}.`;

/** Longer than any time to live that this lesson waits for, on any machine. */
const LIFETIME = { timeout: 60_000 };

/** Changes a row behind the cache's back. */
async function edit(lesson: Lesson, key: string, value: string) {
  await lesson.select(lesson.node('postgres'));
  await lesson.button(`Edit ${key}`).click();
  await lesson.put(null, value);
  await expect(lesson.row(key)).toContainText(value);
}

/** Deletes a key by hand. */
async function drop(lesson: Lesson, key: string) {
  await lesson.select(lesson.node('redis'));
  await lesson.button(`Delete ${key}`).click();
  await expect(lesson.row(key)).toHaveCount(0);
}

/** Deletes all keys by hand. */
async function flush(lesson: Lesson) {
  await lesson.select(lesson.node('redis'));
  await lesson.button('Flush').click();
  await lesson.holds('redis', {});
}

/** How many hops to Redis had that outcome in a run. */
async function count(lesson: Lesson, run: number, outcome: string): Promise<number> {
  return (await lesson.allOutcomes(run)).filter((other) => other === outcome).length;
}

// Its waits are those of the lesson: thirty seconds, twenty, and ten or more.
test('the lesson about times to live, as a learner walks it', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'ttl');
  await expect(lesson.progress).toHaveText('0 of 3 goals');
  await lesson.hasMet();
  await lesson.holds('redis', THREE);
  await lesson.holds('postgres', TWELVE);

  await edit(lesson, 'john', 'John, Leeds');
  await lesson.holds('redis', THREE);
  await expect(lesson.row('john')).toHaveAttribute('data-stale', 'true');
  await lesson.predict(EDITED_ROW, 'John, London. Redis has the key, and nobody asks Postgres.');
  await lesson.hasMet();
  await lesson.play(1);
  expect(await lesson.happened(EDITED_ROW)).toEqual(['John, London. Redis has the key, and nobody asks Postgres.']);
  await lesson.wentAsSaid(EDITED_ROW, 'A hit ends the search.');
  const hit = lesson.receiptsOf(1, 2).first();
  await expect(hit).toHaveAttribute('data-outcome', 'hit');
  await expect(hit).toHaveAttribute('data-stale', 'true');
  await lesson.hasMet('stale-by-hand');

  await lesson.does(
    THIRTY,
    [DRAWN, 'Client sends GET rohan.', 'Server: TTL 30 s.', 'Redis got rohan, with a TTL of 30 s.', 'Postgres got rohan.'],
    'Press Play at once: a stale hit.',
  );
  await lesson.play(2);
  expect(await lesson.outcomes(2, 1)).toEqual(['hit']);
  await expect(lesson.receiptsOf(2).first()).toHaveAttribute('data-stale', 'true');
  await expect(await lesson.open(lesson.call(2, 1))).toContainText('200 Rohan, Mumbai');
  await lesson.select(lesson.node('redis'));
  await expect(lesson.row('john')).toBeVisible();
  await expect(lesson.row('rohan')).toHaveCount(0, LIFETIME);
  await lesson.hasMet('stale-by-hand');
  await lesson.play(3);
  expect(await lesson.outcomes(3, 1)).toEqual(['miss', 'found', 'stored']);
  await expect(await lesson.open(lesson.call(3, 1))).toContainText('200 Rohan, Pune');
  await lesson.hasMet('stale-by-hand', 'the-bound');

  await lesson.does(
    TWO_SECONDS,
    [DRAWN, 'Redis was emptied.', 'Server: TTL 2 s.', 'Client sends GET rohan; GET rohan; GET rohan.'],
    'Answer the question, and press Play.',
  );
  await lesson.holds('redis', {});
  // Wrong on purpose.
  await lesson.predict(IN_A_ROW, 'Three misses: two seconds are too short to be of use.');
  await lesson.play(4);
  expect(await lesson.happened(IN_A_ROW)).toEqual(['A miss, then two hits.']);
  await lesson.wentOtherwise(IN_A_ROW, 'One query serves all that come within two seconds of the fill.');
  await expect(lesson.figure('Keys')).toHaveText('0', LIFETIME);
  await lesson.play(5);
  expect(await lesson.outcomes(5, 1)).toEqual(['miss', 'found', 'stored']);
  await lesson.hasMet('stale-by-hand', 'the-bound');

  await lesson.does(TOGETHER, [DRAWN, 'Redis was emptied.', 'Server: TTL 20 s, jitter off.', READ_ALL], 'Press Play: twelve misses, twelve fills.');
  await lesson.holds('redis', {});
  await lesson.play(6);
  expect(await count(lesson, 6, 'stored')).toBe(12);
  await lesson.predict(CLIFF, 'All twelve.');
  await expect(lesson.figure('Keys')).toHaveText('0', LIFETIME);
  await lesson.play(7);
  expect(await lesson.happened(CLIFF)).toEqual(['All twelve.']);
  await lesson.wentAsSaid(CLIFF, 'What was filled within milliseconds expires within milliseconds.');
  expect(await count(lesson, 7, 'miss')).toBe(12);

  await lesson.does(JITTER, [DRAWN, 'Redis was emptied.', 'Server: TTL 20 s, jitter 50 %.', READ_ALL], 'each key shows its jitter');
  await lesson.holds('redis', {});
  await lesson.play(8);
  expect(await count(lesson, 8, 'stored')).toBe(12);
  await expect(lesson.table('Keys').getByText(/\(jitter [+−]\d+ s\)/).first()).toBeVisible();
  await lesson.hasMet('stale-by-hand', 'the-bound');
  // Some are gone, and most are left: whatever this machine does until Play, two of them will still be there.
  await expect.poll(async () => Number(await lesson.figure('Keys').innerText()), { ...LIFETIME, intervals: [200] }).toBeLessThan(10);
  await lesson.hasMet('stale-by-hand', 'the-bound');
  await lesson.play(9);
  expect(await count(lesson, 9, 'hit')).toBeGreaterThanOrEqual(2);
  expect(await count(lesson, 9, 'miss')).toBeGreaterThanOrEqual(2);
  await lesson.hasMet('stale-by-hand', 'the-bound', 'spread');
  await expect(lesson.progress).toHaveText('All 3 goals reached');

  await lesson.does(NO_EXPIRY, [DRAWN, 'Client sends GET rohan.', 'Redis got rohan.', 'Postgres got rohan.'], 'Then find a way to end it.');
  await lesson.holds('redis', THREE);
  await expect(lesson.row('rohan')).toContainText('no expiry');
  await expect(lesson.row('john')).not.toContainText('no expiry');
  await lesson.play(10);
  await expect(lesson.receiptsOf(10).first()).toHaveAttribute('data-stale', 'true');
  await drop(lesson, 'rohan');
  await lesson.play(11);
  await lesson.holds('redis', { ...THREE, rohan: 'Rohan, Pune' });
  await expect(lesson.row('rohan')).not.toContainText('no expiry');
});

test('no goal of the lesson about times to live ticks for what is nearly right', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'ttl');

  // The row of john is changed, but Redis does not have the key.
  await drop(lesson, 'john');
  await edit(lesson, 'john', 'John, Leeds');
  expect(await lesson.judged(1, () => lesson.play(1))).toEqual([]);
  expect(await lesson.outcomes(1, 2)).toEqual(['miss', 'found', 'stored']);

  // A stale hit, but of another row.
  await lesson.reset();
  await edit(lesson, 'rohan', 'Rohan, Pune');
  expect(await lesson.judged(2, () => lesson.play(2))).toEqual([]);
  await expect(lesson.receiptsOf(2, 1).first()).toHaveAttribute('data-stale', 'true');
  await expect(lesson.receiptsOf(2, 2).first()).not.toHaveAttribute('data-stale');

  // The old town is seen, and then a third one.
  await lesson.apply(THIRTY);
  expect(await lesson.judged(3, () => lesson.play(3))).toEqual([]);
  await edit(lesson, 'rohan', 'Rohan, Delhi');
  await flush(lesson);
  expect(await lesson.judged(4, () => lesson.play(4))).toEqual([]);
  await expect(await lesson.open(lesson.call(4, 1))).toContainText('200 Rohan, Delhi');

  // Twelve fills with jitter, and a later run that misses eleven; only one key is left, for it has no expiry.
  await lesson.apply(JITTER);
  expect(await lesson.judged(5, () => lesson.play(5))).toEqual([]);
  expect(await count(lesson, 5, 'stored')).toBe(12);
  await flush(lesson);
  await lesson.button('Add key').click();
  await lesson.put('rohan', 'Rohan, Mumbai');
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  expect(await lesson.judged(6, () => lesson.play(6))).toEqual([]);
  expect(await lesson.outcomes(6, 1)).toEqual(['hit']);
  expect(await count(lesson, 6, 'miss')).toBe(11);

  // Twelve fills, then hits and misses side by side; but nothing of it is owed to jitter.
  await lesson.apply(TOGETHER);
  expect(await lesson.judged(7, () => lesson.play(7))).toEqual([]);
  await flush(lesson);
  for (const [key, value] of Object.entries(THREE)) {
    await lesson.button('Add key').click();
    await lesson.put(key, value);
    await expect(lesson.row(key)).toBeVisible();
  }
  expect(await lesson.judged(8, () => lesson.play(8))).toEqual([]);
  expect(await count(lesson, 8, 'hit')).toBe(3);
  expect(await count(lesson, 8, 'miss')).toBe(9);
  await lesson.hasMet();
  await expect(lesson.progress).toHaveText('0 of 3 goals');

  // What is right ticks, and nothing else does.
  await lesson.reset();
  await edit(lesson, 'john', 'John, Leeds');
  expect(await lesson.judged(9, () => lesson.play(9))).toEqual(['stale-by-hand']);
  await lesson.hasMet('stale-by-hand');
});

test('buttons of the lesson about times to live can be pressed twice, and a reset brings back its start', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'ttl');
  const drawing = await lesson.drawing();
  await edit(lesson, 'john', 'John, Leeds');
  await lesson.play(1);
  await lesson.hasMet('stale-by-hand');

  await lesson.applyAgain(TWO_SECONDS);
  await lesson.applyAgain(TWO_SECONDS);
  await expect(lesson.node('server')).toContainText('TTL 2 s');
  await expect(lesson.node('client')).toContainText('3 requests');
  await lesson.holds('redis', {});
  await lesson.holds('postgres', TWELVE);
  await lesson.applyAgain(TOGETHER);
  await lesson.applyAgain(TOGETHER);
  await expect(lesson.node('server')).toContainText('TTL 20 s');
  await expect(lesson.node('client')).toContainText('12 requests');
  await lesson.holds('redis', {});
  await lesson.applyAgain(JITTER);
  await lesson.applyAgain(JITTER);
  await lesson.select(lesson.node('server'));
  await expect(lesson.switch('TTL jitter')).toBeChecked();
  await expect(lesson.field('Jitter (percent)')).toHaveValue('50');
  await lesson.applyAgain(THIRTY);
  await lesson.applyAgain(THIRTY);
  await expect(lesson.node('server')).toContainText('TTL 30 s');
  await lesson.holds('postgres', { ...TWELVE, rohan: 'Rohan, Pune' });
  await lesson.applyAgain(NO_EXPIRY);
  await lesson.applyAgain(NO_EXPIRY);
  await lesson.holds('postgres', { ...TWELVE, rohan: 'Rohan, Pune' });
  await lesson.holds('redis', THREE);
  await expect(lesson.row('rohan')).toContainText('no expiry');

  await lesson.reset();
  expect(await lesson.drawing()).toEqual(drawing);
  await expect(lesson.node('server')).toContainText('TTL 3600 s');
  await expect(lesson.node('client')).toContainText('GET rohan, GET john, GET doe');
  await lesson.holds('redis', THREE);
  await expect(lesson.row('rohan')).not.toContainText('no expiry');
  await lesson.holds('postgres', TWELVE);
  await lesson.hasMet('stale-by-hand');
  await expect(lesson.progress).toHaveText('1 of 3 goals');
});
