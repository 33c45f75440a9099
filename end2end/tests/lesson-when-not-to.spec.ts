import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

// An inspector that is open may ask once more for the store that a checkpoint has just taken away. Nobody sees it but here.
test.use({ expected: /the server responded with a status of 404/ });

const COURIER = "A courier's position: six writes, two reads";
const UPDATE = 'Update the cache instead';
const TWO_SERVERS = 'Two servers, a cache for each';
const SMALL_SET = 'Three keys, read four times each';
const NEW_NODE = 'Replace the Redis node by an empty one';

const EXCHANGES = /How many exchanges will the server have with its two stores/;
const DELETIONS = /How many of the six find a key to delete/;
const OWN_WRITE = /The client moves asha to Lisbon, then reads asha/;

const USERS: Record<string, string> = {
  'user-01': 'Asha, Mumbai', 'user-02': 'Ben, Leeds', 'user-03': 'Chloe, Lyon', 'user-04': 'Diego, Quito',
  'user-05': 'Elin, Uppsala', 'user-06': 'Farid, Tunis', 'user-07': 'Grace, Nairobi', 'user-08': 'Hana, Osaka',
  'user-09': 'Ivan, Plovdiv', 'user-10': 'Jorge, Porto', 'user-11': 'Kim, Busan', 'user-12': 'Leila, Izmir',
};

/** How many hops to stores a run had with each outcome. */
async function exchanges(lesson: Lesson, run: number): Promise<Record<string, number>> {
  const outcomes = await lesson.receiptsOf(run).evaluateAll((rows) =>
    rows.filter((row) => /Redis|Postgres/.test(row.querySelector('.path')!.textContent!)).map((row) => row.getAttribute('data-outcome')!),
  );
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const stale = (lesson: Lesson, run: number) => lesson.receiptsOf(run).and(lesson.page.locator('[data-stale="true"]'));

test('the lesson about when not to cache, as a learner walks it', async ({ page }) => {
  test.slow(); // the TTL of ten seconds is the lesson's own
  const lesson = await Lesson.open(page, 'when-not-to');
  await expect(lesson.progress).toHaveText('0 of 4 goals');
  expect(await lesson.met()).toEqual([]);

  await lesson.predict(EXCHANGES, '24: a miss and a query for each read.'); // wrong on purpose
  await lesson.play(1);
  expect(await lesson.happened(EXCHANGES)).toEqual(['36: a miss, a query and a fill for each read.']);
  await expect(lesson.prediction(EXCHANGES)).toContainText('It went differently this time. Both stand above.');
  await expect(lesson.prediction(EXCHANGES)).toContainText('Two of the three are there for a reader who never comes.');
  await expect(lesson.prediction(EXCHANGES)).not.toContainText(/wrong|sorry|incorrect|mistake|fail/i);
  expect(await exchanges(lesson, 1)).toEqual({ miss: 12, found: 12, stored: 12 });
  // The night is over when Redis says so.
  await lesson.select(lesson.node('redis'));
  await expect(lesson.figure('Keys')).toHaveText('0', { timeout: 30_000 });
  await lesson.play(2);
  expect(await exchanges(lesson, 2)).toEqual({ miss: 12, found: 12, stored: 12 });

  await expect(lesson.goal('without')).toHaveAttribute('data-met', 'false');
  await lesson.selectLink('server-redis');
  await lesson.button('Delete link').click();
  await expect(lesson.links()).toHaveCount(2);
  await lesson.play(3);
  expect(await exchanges(lesson, 3)).toEqual({ found: 12 });
  await lesson.hasMet('without');
  await page.keyboard.press('Control+z');
  await expect(lesson.links()).toHaveCount(3);
  // Its three times can be compared as soon as the copy of the run before last has expired.
  await lesson.select(lesson.node('redis'));
  await expect(lesson.figure('Keys')).toHaveText('0', { timeout: 30_000 });
  expect(await lesson.send('GET user-01', 4)).toEqual(['miss', 'found', 'stored', 'found']);
  await expect(lesson.example('GET user-01')).toContainText(/SET user-01.*EX 10/);

  await lesson.apply(COURIER);
  await expect(lesson.said(COURIER)).toContainText('“Six writes, two reads” is drawn, with its data.');
  await lesson.holds('redis', { 'courier-7': '48.8566 2.3522' });
  await lesson.predict(DELETIONS, 'Two.');
  await lesson.play(5);
  expect(await lesson.happened(DELETIONS)).toEqual(['Two.']);
  await expect(lesson.prediction(DELETIONS)).toContainText('It went as you said.');
  // 18 exchanges: six INSERTs, six DELs of which two find something, and two reads of three each.
  expect(await exchanges(lesson, 5)).toEqual({ stored: 6 + 2, deleted: 2, 'not-found': 4, miss: 2, found: 2 });
  await expect(lesson.goal('both-policies')).toHaveAttribute('data-met', 'false');
  await lesson.apply(UPDATE);
  await expect(lesson.said(UPDATE)).toContainText('Server: write policy update the cache.');
  await expect(lesson.node('server')).toContainText('update the cache');
  await lesson.play(6);
  expect(await exchanges(lesson, 6)).toEqual({ stored: 12, hit: 2 });
  await expect(stale(lesson, 6)).toHaveCount(0);
  await lesson.hasMet('without', 'both-policies');

  await lesson.apply(TWO_SERVERS);
  await expect(lesson.said(TWO_SERVERS)).toContainText('Answer the question, then press Play.');
  await lesson.holds('redis-a', { asha: 'Asha, Mumbai' });
  await lesson.holds('redis-b', { asha: 'Asha, Mumbai' });
  await lesson.predict(OWN_WRITE, 'Asha, Mumbai: a stale hit.');
  await lesson.play(7);
  expect(await lesson.happened(OWN_WRITE)).toEqual(['Asha, Mumbai: a stale hit.']);
  await expect(stale(lesson, 7)).toHaveCount(1);
  await expect(stale(lesson, 7)).toContainText('Server B → Redis B');
  await expect(lesson.goal('see-your-own')).toHaveAttribute('data-met', 'false');
  await lesson.connect(lesson.node('server-a'), lesson.node('redis-b'));
  await expect(lesson.links()).toHaveCount(7);
  await lesson.play(8);
  await expect(await lesson.open(lesson.call(8, 2))).toContainText('200 Asha, Lisbon');
  await lesson.hasMet('without', 'both-policies', 'see-your-own');

  for (const title of [SMALL_SET, NEW_NODE]) {
    await lesson.apply(title);
    await expect(lesson.said(title)).toContainText('Server: TTL 3600 s.');
    await lesson.holds('redis', {});
    const run = title === SMALL_SET ? 9 : 11;
    await lesson.play(run);
    expect(await exchanges(lesson, run)).toEqual({ miss: 3, found: 3, stored: 3, hit: 9 });
    await lesson.play(run + 1);
    expect(await exchanges(lesson, run + 1)).toEqual({ hit: 12 });
  }

  await lesson.apply(COURIER);
  await lesson.select(lesson.node('server'));
  await lesson.field('Write policy').selectOption({ label: 'forget the cache' });
  await expect(lesson.goal('fast-and-wrong')).toHaveAttribute('data-met', 'false');
  await lesson.play(13);
  expect(await exchanges(lesson, 13)).toEqual({ stored: 6, hit: 2 });
  await expect(stale(lesson, 13)).toHaveCount(2);
  await expect(await lesson.open(lesson.call(13, 4))).toContainText('200 48.8566 2.3522');
  await expect(lesson.progress).toHaveText('All 4 goals reached');
});

test('what is nearly asked for in the lesson about when not to cache ticks nothing', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'when-not-to');
  // A cache that is out of reach is not one that is not asked.
  await lesson.condition('server-redis', 'cut');
  expect(await lesson.judged(1, () => lesson.play(1))).toEqual([]);
  expect(await exchanges(lesson, 1)).toEqual({ refused: 12, found: 12 });
  // Without the cache, but eleven reads.
  await lesson.selectLink('server-redis');
  await lesson.button('Delete link').click();
  await lesson.select(lesson.node('client'));
  await lesson.button('Remove request 12').click();
  expect(await lesson.judged(2, () => lesson.play(2))).toEqual([]);
  expect(await exchanges(lesson, 2)).toEqual({ found: 11 });

  // Two hits, and then none: the order is the other one.
  await lesson.apply(UPDATE);
  expect(await lesson.judged(3, () => lesson.play(3))).toEqual([]);
  await lesson.apply(COURIER);
  expect(await lesson.judged(4, () => lesson.play(4))).toEqual([]);
  // A server that forgets its cache, and one stale hit: two are asked for.
  await lesson.select(lesson.node('server'));
  await lesson.field('Write policy').selectOption('forget');
  await expect(lesson.node('server')).toContainText('forget the cache');
  await lesson.select(lesson.node('client'));
  await lesson.button('Remove request 8').click();
  const oneHit = await lesson.judged(5, () => lesson.play(5));
  await expect(stale(lesson, 5)).toHaveCount(1);
  expect(oneHit).not.toContain('fast-and-wrong');

  // A stale read of one's own write; and a read that comes before it.
  await lesson.apply(TWO_SERVERS);
  expect(await lesson.judged(6, () => lesson.play(6))).toEqual([]);
  await lesson.applyAgain(TWO_SERVERS);
  await lesson.select(lesson.node('client'));
  await lesson.button('Move request 2 up').click();
  await lesson.connect(lesson.node('server-a'), lesson.node('redis-b'));
  await expect(lesson.links()).toHaveCount(7);
  expect(await lesson.judged(7, () => lesson.play(7))).toEqual([]);
  expect(await lesson.met()).toEqual([]);

  // The other way that the hint names: server B asks no cache.
  await lesson.applyAgain(TWO_SERVERS);
  await lesson.selectLink('server-b-redis-b');
  await lesson.button('Delete link').click();
  expect(await lesson.judged(8, () => lesson.play(8))).toEqual(['see-your-own']);
  await lesson.hasMet('see-your-own');
});

test('in the lesson about when not to cache a checkpoint does no harm twice, and a reset brings the start back', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'when-not-to');
  const start = await lesson.drawing();
  await lesson.selectLink('server-redis');
  await lesson.button('Delete link').click();
  await lesson.play(1);
  await lesson.hasMet('without');

  await lesson.apply(SMALL_SET);
  const drawing = await lesson.drawing();
  await lesson.play(2);
  await lesson.holds('redis', { 'user-01': 'Asha, Mumbai', 'user-02': 'Ben, Leeds', 'user-03': 'Chloe, Lyon' });
  // Again: the drawing is the same, and the data is that of the checkpoint.
  await lesson.applyAgain(SMALL_SET);
  expect(await lesson.drawing()).toEqual(drawing);
  await lesson.holds('redis', {});
  await lesson.holds('postgres', USERS);
  await lesson.apply(UPDATE);
  await lesson.applyAgain(UPDATE);
  await expect(lesson.said(UPDATE)).toContainText('Server: write policy update the cache.');
  await lesson.holds('redis', { 'courier-7': '48.8566 2.3522' });
  await lesson.holds('postgres', { 'courier-7': '48.8566 2.3522' });

  await lesson.reset();
  await expect(lesson.said(UPDATE)).toBeEmpty();
  await expect.poll(() => lesson.drawing()).toEqual(start);
  await lesson.holds('redis', {});
  await lesson.holds('postgres', USERS);
  await expect(lesson.node('server')).toContainText('TTL 10 s');
  await lesson.hasMet('without');
  await page.reload();
  await lesson.isAlive();
  await lesson.hasMet('without');
  expect(await lesson.drawing()).toEqual(start);
});
