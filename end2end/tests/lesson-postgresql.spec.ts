import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

const HOW_MANY = /How many SELECTs will Postgres see/;
const WITHOUT = /What do the two reads come to/;
const COMPARE = 'Read four users, twice, with Redis empty';
const DISTANCE = 'Move Postgres 40 ms away';
const WRITE = 'Write doe, and read it';
const OFF = 'Switch Postgres off';
const ON = 'Switch Postgres on again';

const DRAWN = '“PostgreSQL” is drawn, with its data.';
const FOUR = { rohan: 'Rohan, Mumbai', john: 'John, London', doe: 'Doe, Toronto', mina: 'Mina, Seoul' };
const WRITTEN = { ...FOUR, doe: 'Doe, Lisbon' };

/** Looks elsewhere: an inspector that looks into a store that is off would complain. */
async function lookAway(lesson: Lesson) {
  await lesson.select(lesson.node('server'));
  await expect(lesson.field('TTL (seconds)')).toBeVisible();
}

test('the lesson about PostgreSQL, as a learner walks it', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'postgresql');
  await expect(lesson.progress).toHaveText('0 of 3 goals');
  await lesson.hasMet();
  await lesson.holds('redis', {});
  await lesson.holds('postgres', FOUR);

  expect(await lesson.send('GET doe', 1)).toEqual(['miss', 'found', 'stored', 'found']);
  await expect(lesson.example('GET doe')).toContainText("SELECT value FROM users WHERE key = 'doe'");
  // The statement as it was really sent, which the text prints.
  const select = await lesson.open(lesson.receiptsOf(1).nth(1));
  await expect(select).toContainText('SELECT value FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3');
  await lesson.hasMet();

  const twice = [...Object.keys(FOUR), ...Object.keys(FOUR)].map((key) => `GET ${key}`).join('; ');
  await lesson.does(COMPARE, [DRAWN, `Client sends ${twice}.`], 'the receipts hold GETs and SELECTs side by side');
  await expect(lesson.node('client')).toContainText('8 requests');
  await lesson.holds('redis', {});
  await lesson.predict(HOW_MANY, 'Four.');
  await lesson.hasMet();
  await lesson.play(2);
  expect(await lesson.happened(HOW_MANY)).toEqual(['Four.']);
  await lesson.wentAsSaid(HOW_MANY, 'The first four reads miss: a GET, a SELECT and a SET each.');
  for (const request of [1, 2, 3, 4]) expect(await lesson.outcomes(2, request)).toEqual(['miss', 'found', 'stored']);
  for (const request of [5, 6, 7, 8]) expect(await lesson.outcomes(2, request)).toEqual(['hit']);
  await lesson.hasMet('both-receipts');

  await lesson.does(DISTANCE, [DRAWN, 'The link from Server to Postgres works, with 40 ms of delay.'], 'Press Play again: four hits, and none of it.');
  await expect(lesson.link('server-postgres')).toContainText('+40 ms');
  await lesson.holds('redis', {});
  await lesson.play(3);
  for (const request of [1, 2, 3, 4]) {
    expect(await lesson.outcomes(3, request)).toEqual(['miss', 'found', 'stored']);
    expect(await lesson.injected(lesson.receiptsOf(3, request).nth(1))).toBeGreaterThanOrEqual(40);
  }
  await lesson.hasMet('both-receipts');
  await lesson.play(4);
  for (const request of [1, 2, 3, 4]) expect(await lesson.outcomes(4, request)).toEqual(['hit']);
  await expect(lesson.receipts.locator('.injected')).toHaveCount(0);
  await lesson.hasMet('both-receipts', 'distance-avoided');

  await lesson.does(WRITE, [DRAWN, 'Client sends PUT doe Doe, Lisbon; GET doe.'], 'The receipt says INSERT … ON CONFLICT');
  await expect(lesson.link('server-postgres')).not.toContainText('ms');
  await lesson.holds('postgres', FOUR);
  await lesson.play(5);
  expect((await lesson.commands(5, 1))[0]).toMatch(/^INSERT INTO users \(key, value\) VALUES \('doe', 'Doe, Lisbon'\)\s+ON CONFLICT/);
  expect(await lesson.outcomes(5, 2)).toEqual(['miss', 'found', 'stored']);
  await lesson.holds('postgres', WRITTEN);

  await lookAway(lesson);
  await lesson.does(
    OFF,
    [
      'Redis was emptied.',
      'Redis got rohan, with a TTL of 3600 s.',
      'Client sends GET rohan; GET doe.',
      'The link from Server to Postgres works.',
      'Postgres is switched off.',
    ],
    'Answer the question, then press Play.',
  );
  await expect(lesson.node('postgres')).toHaveAttribute('data-power', 'off');
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  // Wrong on purpose.
  await lesson.predict(WITHOUT, 'rohan is answered; doe ends in 404, as if it did not exist.');
  await lesson.play(6);
  expect(await lesson.happened(WITHOUT)).toEqual(['rohan is answered; doe ends in 503.']);
  await lesson.wentOtherwise(WITHOUT, 'A hit needs no database.');
  expect(await lesson.outcomes(6, 1)).toEqual(['hit']);
  await expect(lesson.status(6, 1)).toHaveText('200');
  expect(await lesson.outcomes(6, 2)).toEqual(['miss', 'refused']);
  await expect(lesson.status(6, 2)).toHaveText('503');
  await lesson.hasMet('both-receipts', 'distance-avoided');

  await lesson.does(ON, ['Postgres is switched on.', 'Redis was emptied.', 'Client sends GET doe.'], 'Press Play: doe is in Lisbon.');
  await lesson.holds('redis', {});
  await lesson.holds('postgres', WRITTEN);
  await lesson.hasMet('both-receipts', 'distance-avoided');
  await lesson.play(7);
  expect(await lesson.outcomes(7, 1)).toEqual(['miss', 'found', 'stored']);
  await expect(await lesson.open(lesson.call(7, 1))).toContainText('200 Doe, Lisbon');
  await lesson.hasMet('both-receipts', 'distance-avoided', 'outlived');
  await expect(lesson.progress).toHaveText('All 3 goals reached');
});

test('no goal of the lesson about PostgreSQL ticks for what is nearly right', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'postgresql');

  // The distance is paid for, but the run after it has to go there once more.
  await lesson.apply(DISTANCE);
  expect(await lesson.judged(1, () => lesson.play(1))).toEqual([]);
  await lesson.holds('redis', FOUR);
  await lesson.button('Delete mina').click();
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai', john: 'John, London', doe: 'Doe, Toronto' });
  expect(await lesson.judged(2, () => lesson.play(2))).toEqual([]);
  expect(await lesson.outcomes(2, 4)).toEqual(['miss', 'found', 'stored']);
  // The next one need not. Four SELECTs and four hits have come together by now, but not in one run.
  expect(await lesson.judged(3, () => lesson.play(3))).toEqual(['distance-avoided']);
  await lesson.hasMet('distance-avoided');

  // Five hits, but three SELECTs only.
  await lesson.apply(COMPARE);
  await lesson.select(lesson.node('redis'));
  await lesson.button('Add key').click();
  await lesson.put('mina', 'Mina, Seoul', '3600');
  await lesson.holds('redis', { mina: 'Mina, Seoul' });
  expect(await lesson.judged(4, () => lesson.play(4))).not.toContain('both-receipts');
  expect(await lesson.outcomes(4, 4)).toEqual(['hit']);

  // Postgres refuses before anything was written; what is read afterwards is what was there at first.
  await lookAway(lesson);
  await lesson.apply(OFF);
  expect(await lesson.judged(5, () => lesson.play(5))).not.toContain('outlived');
  expect(await lesson.outcomes(5, 2)).toEqual(['miss', 'refused']);
  await lesson.apply(ON);
  expect(await lesson.judged(6, () => lesson.play(6))).not.toContain('outlived');
  // Then it is written and read, but nothing has refused anything in between.
  await lesson.apply(WRITE);
  expect(await lesson.judged(7, () => lesson.play(7))).not.toContain('outlived');
  await lesson.applyAgain(ON);
  expect(await lesson.judged(8, () => lesson.play(8))).not.toContain('outlived');
  await expect(await lesson.open(lesson.call(8, 1))).toContainText('200 Doe, Lisbon');
  // Then it refuses, and what was written is read; but from Redis, not from its row.
  await lesson.applyAgain(OFF);
  expect(await lesson.judged(9, () => lesson.play(9))).not.toContain('outlived');
  await lesson.applyAgain(ON);
  await lesson.select(lesson.node('redis'));
  await lesson.button('Add key').click();
  await lesson.put('doe', 'Doe, Lisbon', '3600');
  await lesson.holds('redis', { doe: 'Doe, Lisbon' });
  expect(await lesson.judged(10, () => lesson.play(10))).not.toContain('outlived');
  expect(await lesson.outcomes(10, 1)).toEqual(['hit']);
  await lesson.hasMet('distance-avoided');

  // The same from its row ticks, and the other one still does not.
  await lesson.button('Delete doe').click();
  await lesson.holds('redis', {});
  expect(await lesson.judged(11, () => lesson.play(11))).toContain('outlived');
  await lesson.hasMet('distance-avoided', 'outlived');
});

test('buttons of the lesson about PostgreSQL can be pressed twice, and a reset brings back its start', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'postgresql');
  const drawing = await lesson.drawing();

  await lesson.applyAgain(COMPARE);
  await lesson.applyAgain(COMPARE);
  await expect(lesson.node('client')).toContainText('8 requests');
  await lesson.play(1);
  await lesson.hasMet('both-receipts');
  await lesson.applyAgain(DISTANCE);
  await lesson.applyAgain(DISTANCE);
  await expect(lesson.link('server-postgres')).toContainText('+40 ms');
  await expect(lesson.node('client')).toContainText('4 requests');
  await lesson.holds('redis', {});
  await lesson.applyAgain(WRITE);
  await lesson.applyAgain(WRITE);
  await expect(lesson.node('client')).toContainText('2 requests');
  await lesson.play(2);
  await lesson.holds('postgres', WRITTEN);

  await lookAway(lesson);
  await lesson.applyAgain(OFF);
  await lesson.applyAgain(OFF);
  await expect(lesson.node('postgres')).toHaveAttribute('data-power', 'off');
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  await lesson.applyAgain(ON);
  await lesson.applyAgain(ON);
  await lesson.holds('postgres', WRITTEN);
  await lesson.holds('redis', {});

  await lookAway(lesson);
  await lesson.applyAgain(OFF);
  await lesson.reset();
  await expect(lesson.node('postgres')).not.toHaveAttribute('data-power');
  expect(await lesson.drawing()).toEqual(drawing);
  await expect(lesson.node('client')).toContainText('4 requests');
  await lesson.holds('postgres', FOUR);
  await lesson.holds('redis', {});
  await lesson.hasMet('both-receipts');
  await expect(lesson.progress).toHaveText('1 of 3 goals');
});
