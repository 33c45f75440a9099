import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

// What the lesson has Redis keep back (black holes and cut links) is kept back before Redis: the servers' patience with a
// Redis that does answer, which is greater in these tests, changes none of it.

// An inspector that is open may ask once more for the store that a checkpoint has just taken away. Nobody sees it but here.
test.use({ expected: /the server responded with a status of 404/ });

const CUT = 'Cut the link to Redis';
const BLACK_HOLE = 'Black hole, with a timeout of 1,000 ms';
const NO_TIMEOUT = 'Black hole, and no timeout';
const BREAKER = 'Switch the breaker on, into a black hole';
const MEND = 'Put the link up again';
const WRITE = 'Write while the link is cut';
const READ = 'Put the link up, and read';
const OFF = 'Switch Redis off';
const ON = 'Switch Redis on again';
const CROWD = 'Six readers, one key, a cold cache';
const SINGLE_FLIGHT = 'Let one of them ask';

const WHO = /The link is cut. Who answers the six reads/;
const HOW_MANY = /How many of the six reads wait for the timeout/;
const MENDED = /What does the client get for asha/;
const COLD = /How many hit/;

const FOUR: Record<string, string> = { asha: 'Asha, Mumbai', ben: 'Ben, Leeds', chloe: 'Chloe, Lyon', diego: 'Diego, Quito' };

/** How many hops to a store a run had with each outcome. */
async function exchanges(lesson: Lesson, run: number, store: 'Redis' | 'Postgres'): Promise<Record<string, number>> {
  const outcomes = await lesson.receiptsOf(run).filter({ hasText: `→ ${store}` }).evaluateAll((rows) => rows.map((row) => row.getAttribute('data-outcome')!));
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const stale = (lesson: Lesson, run: number) => lesson.receiptsOf(run).and(lesson.page.locator('[data-stale="true"]'));

/** Waits until a breaker has been open for as long as it stays so. */
async function isHalfOpen(lesson: Lesson) {
  await expect(lesson.node('server')).toContainText('breaker half-open', { timeout: 60_000 });
}

/**
 * Has the breaker stay open for less than the lesson's twenty seconds, as a learner without patience would. (The test of near
 * misses waits for all twenty.)
 */
async function shorten(lesson: Lesson) {
  await lesson.select(lesson.node('server'));
  await expect(lesson.field('Open for (seconds)')).toHaveValue('20');
  await lesson.type('Open for (seconds)', '5');
}

/** Has the client write asha after its six reads, as the last part of the lesson asks for. */
async function addWrite(lesson: Lesson) {
  await lesson.select(lesson.node('client'));
  await lesson.field('Method').selectOption('PUT');
  await lesson.field('Request key').fill('asha');
  await lesson.field('Request value').fill('Asha, Porto');
  await lesson.button('Add request').click();
  await expect(lesson.node('client')).toContainText('7 requests');
}

test('the lesson about a cache that dies, as a learner walks it', async ({ page }) => {
  test.slow(); // a dozen timeouts of a second, and a breaker that has to rest
  const lesson = await Lesson.open(page, 'cache-down');
  await expect(lesson.progress).toHaveText('0 of 6 goals');
  expect(await lesson.met()).toEqual([]);
  await lesson.play(1);
  expect([await exchanges(lesson, 1, 'Redis'), await exchanges(lesson, 1, 'Postgres')]).toEqual([{ hit: 6 }, {}]);

  // Wrong on purpose.
  await lesson.apply(CUT);
  await expect(lesson.said(CUT)).toContainText('The link from Server to Redis is cut.');
  await expect(lesson.link('server-redis')).toHaveAttribute('data-condition', 'cut');
  await lesson.predict(WHO, 'Postgres answers the first four; the two repeated reads hit.');
  await expect(lesson.goal('fell-back')).toHaveAttribute('data-met', 'false');
  await lesson.play(2);
  expect(await lesson.happened(WHO)).toEqual(['Postgres answers all six.']);
  await expect(lesson.prediction(WHO)).toContainText('It went differently this time. Both stand above.');
  await expect(lesson.prediction(WHO)).toContainText('Six refusals, six queries, six answers with 200.');
  await expect(lesson.prediction(WHO)).not.toContainText(/wrong|sorry|incorrect|mistake|false/i);
  expect([await exchanges(lesson, 2, 'Redis'), await exchanges(lesson, 2, 'Postgres')]).toEqual([{ refused: 6 }, { found: 6 }]);
  await lesson.hasMet('fell-back');
  expect(await lesson.send('GET asha', 3)).toEqual(['refused', 'found', 'found']);
  await expect(await lesson.open(lesson.receiptsOf(3, 1).first())).toContainText('Nothing reached the store: the reply says why.');

  await lesson.apply(BLACK_HOLE);
  await expect(lesson.said(BLACK_HOLE)).toContainText('Server: Redis timeout 1000 ms.');
  await expect(lesson.said(BLACK_HOLE)).toContainText('The link from Server to Redis is a black hole.');
  await expect(lesson.link('server-redis')).toHaveAttribute('data-condition', 'black-hole');
  await expect(lesson.goal('waited')).toHaveAttribute('data-met', 'false');
  await lesson.play(4);
  expect([await exchanges(lesson, 4, 'Redis'), await exchanges(lesson, 4, 'Postgres')]).toEqual([{ 'timed-out': 6 }, { found: 6 }]);
  await lesson.hasMet('fell-back', 'waited');

  // “Press Play and read on”: the next checkpoint is pressed while the request still waits. (What comes of a request that
  // waits to its end has a test of its own.)
  await lesson.apply(NO_TIMEOUT);
  await expect(lesson.said(NO_TIMEOUT)).toContainText('Server: Redis timeout off.');
  await expect(lesson.said(NO_TIMEOUT)).toContainText('Client sends GET asha.');
  await expect(lesson.node('client')).toContainText('GET asha');
  await lesson.button('Play').click();
  await expect(lesson.button('Stop')).toHaveAttribute('aria-disabled', 'false');
  await lesson.apply(BREAKER);
  await expect(lesson.said(BREAKER)).toContainText('Server: Redis timeout 1000 ms, circuit breaker on.');
  await lesson.end();
  await expect(lesson.node('server')).toContainText('breaker closed');
  await shorten(lesson);
  await lesson.predict(HOW_MANY, 'Three.');
  await lesson.play(6);
  expect(await lesson.happened(HOW_MANY)).toEqual(['Three.']);
  await expect(lesson.prediction(HOW_MANY)).toContainText('It went as you said.');
  expect([await exchanges(lesson, 6, 'Redis'), await exchanges(lesson, 6, 'Postgres')]).toEqual([{ 'timed-out': 3 }, { found: 6 }]);
  await expect(lesson.call(6, 4)).toContainText('breaker open: Redis not asked');

  await lesson.apply(MEND);
  await expect(lesson.said(MEND)).toContainText('The link from Server to Redis works.');
  await expect(lesson.link('server-redis')).toHaveAttribute('data-condition', 'up');
  await isHalfOpen(lesson);
  await expect(lesson.goal('closed-again')).toHaveAttribute('data-met', 'false');
  await lesson.play(7);
  expect([await exchanges(lesson, 7, 'Redis'), await exchanges(lesson, 7, 'Postgres')]).toEqual([{ hit: 6 }, {}]);
  await expect(lesson.node('server')).toContainText('breaker closed');
  await lesson.hasMet('fell-back', 'waited', 'closed-again');

  await lesson.apply(WRITE);
  await expect(lesson.said(WRITE)).toContainText('Client sends PUT asha Asha, Lisbon; GET asha.');
  await lesson.play(8);
  await expect(lesson.status(8, 1)).toHaveText('200');
  await expect(await lesson.open(lesson.call(8, 1))).toContainText('A cache could not be told, and may go on with the old value.');
  await expect(await lesson.open(lesson.call(8, 2))).toContainText('200 Asha, Lisbon');
  await expect(stale(lesson, 8)).toHaveCount(0);
  await lesson.holds('redis', FOUR);
  await expect(lesson.row('asha')).toHaveAttribute('data-stale', 'true');
  await lesson.apply(READ);
  await expect(lesson.said(READ)).toContainText('Client sends GET asha; GET ben.');
  await lesson.predict(MENDED, 'Asha, Mumbai: a hit.');
  await expect(lesson.goal('lost-del')).toHaveAttribute('data-met', 'false');
  await lesson.play(9);
  expect(await lesson.happened(MENDED)).toEqual(['Asha, Mumbai: a hit.']);
  await expect(stale(lesson, 9)).toHaveCount(1);
  await expect(await lesson.open(lesson.call(9, 1))).toContainText('200 Asha, Mumbai');
  await lesson.hasMet('fell-back', 'waited', 'closed-again', 'lost-del');

  await lesson.apply(OFF);
  await expect(lesson.said(OFF)).toContainText('Redis is switched off.');
  await expect(lesson.button('Power on Redis')).toBeVisible();
  await lesson.play(10);
  expect([await exchanges(lesson, 10, 'Redis'), await exchanges(lesson, 10, 'Postgres')]).toEqual([{ refused: 6 }, { found: 6 }]);
  await lesson.apply(ON);
  await expect(lesson.said(ON)).toContainText('Redis is switched on.');
  await lesson.holds('redis', {});
  await lesson.predict(COLD, 'Two.');
  await lesson.play(11);
  expect(await lesson.happened(COLD)).toEqual(['Two.']);
  expect(await exchanges(lesson, 11, 'Redis')).toEqual({ miss: 4, stored: 4, hit: 2 });

  await lesson.apply(CROWD);
  await expect(lesson.nodes('client')).toHaveCount(6);
  await expect(lesson.link('server-postgres')).toContainText('+400 ms');
  await lesson.play(12);
  expect(await exchanges(lesson, 12, 'Postgres')).toEqual({ found: 6 });
  await expect(lesson.goal('one-query')).toHaveAttribute('data-met', 'false');
  await lesson.apply(SINGLE_FLIGHT);
  await expect(lesson.said(SINGLE_FLIGHT)).toContainText('Server: single-flight on.');
  await lesson.holds('redis', {});
  await lesson.play(13);
  expect(await exchanges(lesson, 13, 'Postgres')).toEqual({ found: 1 });
  expect(await exchanges(lesson, 13, 'Redis')).toEqual({ miss: 6, stored: 1 });
  await lesson.hasMet('fell-back', 'waited', 'closed-again', 'lost-del', 'one-query');

  await lesson.apply(BREAKER);
  await addWrite(lesson);
  await shorten(lesson);
  await lesson.play(14);
  await expect(lesson.call(14, 7)).toContainText('breaker open: DEL asha not sent');
  await lesson.apply(MEND);
  await isHalfOpen(lesson);
  await expect(lesson.goal('breaker-lie')).toHaveAttribute('data-met', 'false');
  await lesson.play(15);
  await expect(stale(lesson, 15).first()).toContainText('GET asha');
  await expect(lesson.progress).toHaveText('All 6 goals reached');
});

test('without a timeout a request waits for a black hole to its end, and is answered with 504', async ({ page }) => {
  test.slow(); // thirty seconds, by the clock
  const lesson = await Lesson.open(page, 'cache-down');
  await lesson.apply(NO_TIMEOUT);
  await lesson.select(lesson.node('server'));
  await expect(lesson.field('Redis timeout (ms)')).toHaveValue('');
  await lesson.button('Play').click();
  await expect(lesson.receiptsOf(1).first()).toBeVisible({ timeout: 60_000 });
  await lesson.end();
  await expect(lesson.status(1, 1)).toHaveText('504');
  // The one part that it could have done without is all that it ever asked.
  expect(await exchanges(lesson, 1, 'Postgres')).toEqual({});
  expect(await lesson.met()).toEqual([]);
});

test('what is nearly asked for in the lesson about a cache that dies ticks nothing', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-down');
  // With Redis out of reach, but one of the six reads is of a key that nobody has.
  await lesson.apply(CUT);
  await lesson.select(lesson.node('client'));
  await lesson.type('Key of request 6', 'nobody');
  expect(await lesson.judged(1, () => lesson.play(1))).toEqual([]);
  expect(await exchanges(lesson, 1, 'Postgres')).toEqual({ found: 5, 'not-found': 1 });
  // One read alone, of the six.
  await lesson.applyAgain(CUT);
  expect(await lesson.judged(2, async () => void (await lesson.send('GET asha', 2)))).toEqual([]);
  // Six waits, but of the usual hundred milliseconds.
  await lesson.condition('server-redis', 'black-hole');
  expect(await lesson.judged(3, () => lesson.play(3))).toEqual([]);
  expect(await exchanges(lesson, 3, 'Redis')).toEqual({ 'timed-out': 6 });

  // A lost DEL and a read that does not meet it: Redis was emptied meanwhile.
  await lesson.apply(WRITE);
  expect(await lesson.judged(4, () => lesson.play(4))).toEqual([]);
  await lesson.apply(READ);
  await lesson.select(lesson.node('redis'));
  await lesson.button('Flush').click();
  await expect(lesson.figure('Keys')).toHaveText('0');
  expect(await lesson.judged(5, () => lesson.play(5))).toEqual([]);
  await expect(lesson.call(5, 1)).toHaveAttribute('data-outcome', 'found');

  // A crowd of five, with single-flight: one query, and not six misses.
  await lesson.apply(SINGLE_FLIGHT);
  await lesson.node('client-6').focus();
  await page.keyboard.press('Delete');
  await expect(lesson.nodes('client')).toHaveCount(5);
  expect(await lesson.judged(6, () => lesson.play(6))).toEqual([]);
  expect(await exchanges(lesson, 6, 'Postgres')).toEqual({ found: 1 });

  // The breaker opens, and is not asked whether it would close: the link is up, the twenty seconds are not over.
  await lesson.apply(BREAKER);
  await addWrite(lesson);
  expect(await lesson.judged(7, () => lesson.play(7))).toEqual([]);
  await expect(lesson.node('server')).toContainText('breaker open');
  expect(await lesson.met()).toEqual([]);
  // It closes, and the first hit is not stale, for the copy that missed its DEL is gone.
  await lesson.apply(MEND);
  await lesson.select(lesson.node('redis'));
  await lesson.button('Flush').click();
  await expect(lesson.figure('Keys')).toHaveText('0');
  await isHalfOpen(lesson);
  expect(await lesson.judged(8, () => lesson.play(8))).toEqual(['closed-again']);
  await expect(lesson.node('server')).toContainText('breaker closed');
  await lesson.hasMet('closed-again');
  for (const id of ['fell-back', 'waited', 'lost-del', 'one-query', 'breaker-lie']) await expect(lesson.goal(id)).toHaveAttribute('data-met', 'false');
});

test('a run while the breaker is open asks no Redis, and closes nothing', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-down');
  await lesson.apply(BREAKER);
  // Long enough for the slowest machine: what is tested is what comes before its end.
  await lesson.select(lesson.node('server'));
  await lesson.type('Open for (seconds)', '600');
  await lesson.play(1);
  await lesson.apply(MEND);
  expect(await lesson.judged(2, () => lesson.play(2))).toEqual([]);
  expect([await exchanges(lesson, 2, 'Redis'), await exchanges(lesson, 2, 'Postgres')]).toEqual([{}, { found: 6 }]);
  for (const request of [1, 6]) await expect(lesson.call(2, request)).toContainText('breaker open: Redis not asked');
  await expect(lesson.node('server')).toContainText('breaker open');
  expect(await lesson.met()).toEqual([]);
});

test('in the lesson about a cache that dies a checkpoint does no harm twice, and a reset brings the start back', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-down');
  const start = await lesson.drawing();
  await lesson.apply(CUT);
  const cut = await lesson.drawing();
  await lesson.applyAgain(CUT);
  expect(await lesson.drawing()).toEqual(cut);
  await lesson.holds('redis', FOUR);
  await lesson.play(1);
  await lesson.hasMet('fell-back');
  await lesson.apply(WRITE);
  await lesson.applyAgain(WRITE);
  await lesson.play(2);
  for (let times = 0; times < 2; times++) {
    await lesson.applyAgain(READ);
    // The copy that missed its DEL is what this one is about.
    await lesson.holds('redis', FOUR);
    await lesson.holds('postgres', { ...FOUR, asha: 'Asha, Lisbon' });
  }
  await lesson.apply(OFF);
  await lesson.applyAgain(OFF);
  await expect(lesson.button('Power on Redis')).toBeVisible();
  await lesson.apply(ON);
  await lesson.applyAgain(ON);
  await lesson.holds('redis', {});
  await lesson.play(3);
  // Switched on once more, it is not emptied once more.
  await lesson.applyAgain(ON);
  await lesson.holds('redis', FOUR);
  await lesson.apply(CROWD);
  await lesson.applyAgain(CROWD);
  await expect(lesson.nodes('client')).toHaveCount(6);

  await lesson.reset();
  await expect(lesson.said(CROWD)).toBeEmpty();
  await expect.poll(() => lesson.drawing()).toEqual(start);
  await lesson.holds('redis', FOUR);
  await lesson.holds('postgres', FOUR);
  await lesson.hasMet('fell-back');
  await page.reload();
  await lesson.isAlive();
  await lesson.hasMet('fell-back');
  expect(await lesson.drawing()).toEqual(start);
});
