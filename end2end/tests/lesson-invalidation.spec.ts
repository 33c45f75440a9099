import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

// An inspector that is open may ask once more for the store that a checkpoint has just taken away. Nobody sees it but here.
test.use({ expected: /the server responded with a status of 404/ });

const AFRESH = 'Start again: Mumbai in both stores';
const FOUR = 'All four policies, side by side';
const TWO_WRITERS = 'Two writers pass each other';
const BETWEEN = 'Invalidate first, and a reader in between';
const RIGHT_ORDER = 'The same reader, the right order';
const STALE_FILL = 'A stale fill';

const WHOSE = /Whose second read still gets the old value/;
const OWN_WRITE = /Client B's write of Delhi arrives a moment later/;
const AFTER_THE_WRITE = /Client B's second read reaches its server after the write has ended/;

/** What the client of that name was answered in a run, request by request, as its receipts tell. */
async function answers(lesson: Lesson, run: number, client: string): Promise<string[]> {
  const calls = lesson.receiptsOf(run).filter({ hasText: `${client} →` });
  const told: string[] = [];
  for (let index = 0; index < (await calls.count()); index++) {
    const details = await lesson.open(calls.nth(index));
    told.push(await details.locator('dt', { hasText: 'Answer' }).locator('+ dd').innerText());
  }
  return told.map((answer) => answer.trim());
}

/** The commands that went to stores in a run, in the order in which they ended. */
async function commands(lesson: Lesson, run: number): Promise<string[]> {
  const receipts = await lesson.receiptsOf(run).evaluateAll((rows) =>
    rows.map((row) => [row.querySelector('.path')!.textContent!, row.querySelector('.command')!.textContent!]),
  );
  return receipts.filter(([path]) => !path!.startsWith('Client')).map(([, command]) => command!);
}

test('the lesson about invalidation, as a learner walks it', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'invalidation');
  await expect(lesson.progress).toHaveText('0 of 5 goals');
  expect(await lesson.met()).toEqual([]);

  // The write alone: the row, then the key.
  expect(await lesson.send('PUT rohan Rohan, Pune', 1)).toEqual(['stored', 'deleted', 'stored']);
  await expect(lesson.example('PUT rohan Rohan, Pune')).toContainText('DEL rohan');
  await lesson.holds('redis', { john: 'John, London', doe: 'Doe, Toronto' });
  expect(await lesson.met()).toEqual([]);

  await lesson.apply(AFRESH);
  await expect(lesson.said(AFRESH)).toContainText('“Writes and invalidation” is drawn, with its data.');
  await expect(lesson.said(AFRESH)).toContainText('Press Play: a hit, a write with its DEL, and a miss that brings Pune.');
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai', john: 'John, London', doe: 'Doe, Toronto' });
  await lesson.holds('postgres', { rohan: 'Rohan, Mumbai', john: 'John, London', doe: 'Doe, Toronto' });
  await expect(lesson.goal('written-and-read')).toHaveAttribute('data-met', 'false');
  await lesson.play(2);
  expect(await lesson.outcomes(2, 1)).toEqual(['hit']);
  expect(await lesson.outcomes(2, 2)).toEqual(['stored', 'deleted']);
  expect(await lesson.outcomes(2, 3)).toEqual(['miss', 'found', 'stored']);
  expect(await answers(lesson, 2, 'Client')).toEqual(['200 Rohan, Mumbai', expect.stringMatching(/^200/), '200 Rohan, Pune']);
  await lesson.hasMet('written-and-read');

  await lesson.apply(FOUR);
  await expect(lesson.said(FOUR)).toContainText('“Four write policies” is drawn, with its data.');
  await expect(lesson.nodes()).toHaveCount(16);
  // Wrong on purpose: the one that lies, and one that does not.
  await lesson.predict(WHOSE, 'Client 1, rohan: write, then delete the key (invalidate)', 'Client 3, doe: write, and tell no cache (forget the cache)');
  await expect(lesson.goal('one-lie')).toHaveAttribute('data-met', 'false');
  await lesson.play(3);
  expect(await lesson.happened(WHOSE)).toEqual(['Client 3, doe: write, and tell no cache (forget the cache)']);
  await expect(lesson.prediction(WHOSE)).toContainText('It went differently this time. Both stand above.');
  await expect(lesson.prediction(WHOSE)).toContainText('Only doe: a server that forgets its cache leaves the old value there.');
  await expect(lesson.prediction(WHOSE)).not.toContainText(/wrong|sorry|incorrect|mistake|false|fail/i);
  await expect(lesson.receiptsOf(3).and(page.locator('[data-stale="true"]'))).toHaveCount(1);
  await expect(lesson.receiptsOf(3).and(page.locator('[data-stale="true"]'))).toContainText('GET doe');
  await lesson.holds('redis-forget', { doe: 'Doe, Toronto' });
  await expect(lesson.row('doe')).toHaveAttribute('data-stale', 'true');
  await lesson.holds('redis-update', { john: 'John, Leeds' });
  await lesson.hasMet('written-and-read', 'one-lie');

  await lesson.apply(TWO_WRITERS);
  for (const told of [
    '“Two who cross” is drawn, with its data.',
    'Server A: write policy update the cache, Redis timeout 2000 ms.',
    'Server B: write policy update the cache.',
    'Client A sends PUT rohan Rohan, Pune.',
    'Client B sends PUT rohan Rohan, Delhi; GET rohan.',
    'The link from Server A to Redis works, with 1000 ms of delay.',
    'The link from Client B to Server B works, with 500 ms of delay.',
  ]) {
    await expect(lesson.said(TWO_WRITERS)).toContainText(told);
  }
  await expect(lesson.link('server-a-redis')).toContainText('+1000 ms');
  await expect(lesson.node('server-a')).toContainText('update the cache');
  await lesson.predict(OWN_WRITE, 'Pune, the older one.');
  await expect(lesson.goal('passed')).toHaveAttribute('data-met', 'false');
  await lesson.play(4);
  expect(await lesson.happened(OWN_WRITE)).toEqual(['Pune, the older one.']);
  await expect(lesson.prediction(OWN_WRITE)).toContainText('It went as you said.');
  expect(await answers(lesson, 4, 'Client B')).toEqual([expect.stringMatching(/^200/), '200 Rohan, Pune']);
  await lesson.holds('postgres', { rohan: 'Rohan, Delhi' });
  await lesson.holds('redis', { rohan: 'Rohan, Pune' });
  await lesson.hasMet('written-and-read', 'one-lie', 'passed');

  await lesson.apply(BETWEEN);
  await expect(lesson.said(BETWEEN)).toContainText('Server A: write policy invalidate first.');
  await expect(lesson.link('server-a-postgres')).toContainText('+1600 ms');
  await lesson.predict(AFTER_THE_WRITE, 'Mumbai. Its own first read put it there.');
  await expect(lesson.goal('in-between')).toHaveAttribute('data-met', 'false');
  await lesson.play(5);
  expect(await lesson.happened(AFTER_THE_WRITE)).toEqual(['Mumbai. Its own first read put it there.']);
  await expect(lesson.prediction(AFTER_THE_WRITE)).toContainText('It went as you said.');
  expect(await commands(lesson, 5)).toEqual(['DEL rohan', 'GET rohan', expect.stringMatching(/^SELECT/), expect.stringMatching(/^SET rohan/), expect.stringMatching(/^INSERT/), 'GET rohan']);
  await lesson.holds('postgres', { rohan: 'Rohan, Pune' });
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  await lesson.hasMet('written-and-read', 'one-lie', 'passed', 'in-between');

  await lesson.apply(RIGHT_ORDER);
  await expect(lesson.said(RIGHT_ORDER)).toContainText('Press Play. The first read hits Mumbai, which the row still says. The second misses and brings Pune.');
  await expect(lesson.node('server-a')).not.toContainText('first');
  await lesson.play(6);
  expect(await answers(lesson, 6, 'Client B')).toEqual(['200 Rohan, Mumbai', '200 Rohan, Pune']);
  await expect(lesson.receiptsOf(6).and(page.locator('[data-stale="true"]'))).toHaveCount(0);

  await lesson.apply(STALE_FILL);
  await expect(lesson.said(STALE_FILL)).toContainText('Redis was emptied.');
  await lesson.holds('redis', {});
  await expect(lesson.goal('late-fill')).toHaveAttribute('data-met', 'false');
  await lesson.play(7);
  // The SET comes after the DEL.
  expect(await commands(lesson, 7)).toEqual(['GET rohan', expect.stringMatching(/^INSERT/), 'DEL rohan', expect.stringMatching(/^SELECT/), expect.stringMatching(/^SET rohan/), 'GET rohan']);
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  await expect(lesson.row('rohan')).toHaveAttribute('data-stale', 'true');
  await lesson.hasMet('written-and-read', 'one-lie', 'passed', 'in-between', 'late-fill');
  await expect(lesson.progress).toHaveText('All 5 goals reached');
  await expect(lesson.notice()).toContainText('Goal reached, and with it all goals of this lesson.');

  // One thing to break: not even a TTL of a second stands in for the DEL.
  await lesson.apply(FOUR);
  await lesson.select(lesson.node('redis-forget'));
  await lesson.button('Flush').click();
  await expect(lesson.figure('Keys')).toHaveText('0');
  await lesson.select(lesson.node('server-forget'));
  await lesson.type('TTL (seconds)', '1');
  await lesson.play(8);
  const stale = (run: number) => lesson.receiptsOf(run).and(page.locator('[data-stale="true"]'));
  await expect(stale(8)).toHaveCount(1);
  await expect(stale(8)).toContainText('GET doe');
  await lesson.apply(FOUR);
  await lesson.select(lesson.node('server-forget'));
  await lesson.field('Write policy').selectOption('update');
  await lesson.play(9);
  await expect(lesson.receiptsOf(9)).not.toHaveCount(0);
  await expect(stale(9)).toHaveCount(0);
  await expect(lesson.progress).toHaveText('All 5 goals reached');
});

test('what is nearly asked for in the lesson about invalidation ticks nothing', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'invalidation');
  // A write that finds no key to delete, and a read that fills: not a deletion.
  await lesson.select(lesson.node('redis'));
  await lesson.button('Delete rohan').click();
  await expect(lesson.row('rohan')).toHaveCount(0);
  await lesson.select(lesson.node('client'));
  await lesson.button('Remove request 1').click();
  expect(await lesson.judged(1, () => lesson.play(1))).toEqual([]);
  expect(await lesson.outcomes(1, 1)).toEqual(['stored', 'not-found']);
  expect(await lesson.outcomes(1, 2)).toEqual(['miss', 'found', 'stored']);

  // All four policies, but the one that forgets tells its cache now: no lie.
  await lesson.apply(FOUR);
  await lesson.select(lesson.node('server-forget'));
  await lesson.field('Write policy').selectOption('invalidate');
  expect(await lesson.judged(2, () => lesson.play(2))).not.toContain('one-lie');
  // One of the four alone: the lie, but not the run that is asked for.
  await lesson.applyAgain(FOUR);
  await lesson.node('client-forget').getByRole('button', { name: 'Play Client 3' }).click();
  expect(
    await lesson.judged(3, async () => {
      await expect(lesson.receiptsOf(3).first()).toBeVisible();
      await lesson.end();
    }),
  ).not.toContain('one-lie');
  await expect(lesson.receiptsOf(3).and(page.locator('[data-stale="true"]'))).toHaveCount(1);

  // Two writers whose SETs arrive in the order of their INSERTs.
  await lesson.apply(TWO_WRITERS);
  await lesson.selectLink('server-a-redis');
  await lesson.type('Delay (ms)', '0');
  expect(await lesson.judged(4, () => lesson.play(4))).not.toContain('passed');
  await lesson.holds('redis', { rohan: 'Rohan, Delhi' });

  // The right order leaves no lie behind, and the wrong one is no stale fill under invalidate.
  await lesson.apply(RIGHT_ORDER);
  const right = await lesson.judged(5, () => lesson.play(5));
  expect(right).not.toContain('in-between');
  expect(right).not.toContain('late-fill');
  await lesson.apply(BETWEEN);
  const wrong = await lesson.judged(6, () => lesson.play(6));
  expect(wrong).toContain('in-between');
  expect(wrong).not.toContain('late-fill');
  // The same race where the writer tells no cache: a stale hit, but no fill that came after a DEL.
  await lesson.apply(STALE_FILL);
  await lesson.select(lesson.node('server-a'));
  await lesson.field('Write policy').selectOption('forget');
  expect(await lesson.judged(7, () => lesson.play(7))).not.toContain('late-fill');
  await expect(lesson.receiptsOf(7).and(page.locator('[data-stale="true"]'))).toHaveCount(1);
  await lesson.applyAgain(STALE_FILL);
  const late = await lesson.judged(8, () => lesson.play(8));
  expect(late).toContain('late-fill');
  expect(late).not.toContain('in-between');

  await lesson.hasMet('written-and-read', 'in-between', 'late-fill');
  for (const id of ['one-lie', 'passed']) await expect(lesson.goal(id)).toHaveAttribute('data-met', 'false');
});

test('in the lesson about invalidation a checkpoint does no harm twice, and a reset brings the start back', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'invalidation');
  const start = await lesson.drawing();
  await lesson.play(1);
  await lesson.hasMet('written-and-read');

  await lesson.apply(TWO_WRITERS);
  const drawing = await lesson.drawing();
  const says = await lesson.said(TWO_WRITERS).innerText();
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  await lesson.applyAgain(TWO_WRITERS);
  expect(await lesson.drawing()).toEqual(drawing);
  await expect(lesson.said(TWO_WRITERS)).toHaveText(says, { useInnerText: true });
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  await lesson.holds('postgres', { rohan: 'Rohan, Mumbai' });
  // Another one takes its place: only one is the one that was applied last.
  await lesson.apply(STALE_FILL);
  await expect(lesson.said(TWO_WRITERS)).toBeEmpty();
  await lesson.applyAgain(STALE_FILL);
  await lesson.holds('redis', {});

  await lesson.reset();
  await expect(lesson.said(STALE_FILL)).toBeEmpty();
  await expect.poll(() => lesson.drawing()).toEqual(start);
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai', john: 'John, London', doe: 'Doe, Toronto' });
  await lesson.holds('postgres', { rohan: 'Rohan, Mumbai', john: 'John, London', doe: 'Doe, Toronto' });
  await lesson.hasMet('written-and-read');
  await page.reload();
  await lesson.isAlive();
  await lesson.hasMet('written-and-read');
  expect(await lesson.drawing()).toEqual(start);
});
