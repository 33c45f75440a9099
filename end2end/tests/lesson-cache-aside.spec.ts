import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

const WHICH_HIT = /Which of the three reads will hit/;
const WHY = 'A read hits if Redis holds its key at that moment.';
const EMPTY = 'Empty Redis cache (force all misses)';
const PRE_SEED = 'Pre-seed cache (force all hits)';
const AGAIN = 'Start again: two of three in Redis';

const ROHAN = { rohan: 'Rohan, Mumbai' };
const TWO = { ...ROHAN, john: 'John, London' };
const THREE = { ...TWO, doe: 'Doe, Toronto' };

test('the lesson about cache-aside, as a learner walks it', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-aside');
  await expect(lesson.progress).toHaveText('0 of 4 goals');
  await lesson.hasMet();
  // What the text says of the drawing: the cache stands aside, and no line can be drawn from it.
  await expect(lesson.node('redis').locator('[data-port="out"]')).toHaveCount(0);
  await lesson.holds('redis', TWO);

  // Wrong on purpose.
  await lesson.predict(WHICH_HIT, 'GET rohan', 'GET john', 'GET doe');
  await expect(lesson.prediction(WHICH_HIT).getByText(WHY)).toBeHidden();
  await expect(lesson.prediction(WHICH_HIT).getByLabel('GET rohan')).toBeDisabled();
  await lesson.hasMet();
  await lesson.play(1);
  expect(await lesson.happened(WHICH_HIT)).toEqual(['GET rohan', 'GET john']);
  await lesson.wentOtherwise(WHICH_HIT, WHY);
  await lesson.hasMet('two-hits-one-fill');
  await expect(lesson.progress).toHaveText('1 of 4 goals');
  await expect(lesson.goal('two-hits-one-fill')).toContainText('Reached');
  // The eight receipts that the text counts, with the commands that it prints.
  await expect(lesson.receiptsOf(1)).toHaveCount(8);
  expect(await lesson.commands(1, 1)).toEqual(['GET rohan', 'GET rohan']);
  expect(await lesson.commands(1, 3)).toEqual([
    'GET doe',
    "SELECT value FROM users WHERE key = 'doe'",
    'SET doe "Doe, Toronto" EX 3600',
    'GET doe',
  ]);
  expect(await lesson.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await lesson.holds('redis', THREE);

  expect(await lesson.send('GET doe', 2)).toEqual(['hit', 'found']);
  await expect(lesson.example('GET doe')).toContainText('Server → Redis');
  await expect(lesson.example('GET doe')).not.toContainText('SELECT');
  await lesson.hasMet('two-hits-one-fill');

  await lesson.does(EMPTY, ['Redis was emptied.'], 'Press Play: three misses, three queries, three fills.');
  await lesson.holds('redis', {});
  await expect(lesson.node('postgres')).toContainText('3 rows');
  await lesson.hasMet('two-hits-one-fill');
  await lesson.play(3);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(3, request)).toEqual(['miss', 'found', 'stored']);
  await lesson.hasMet('two-hits-one-fill', 'three-misses');

  // That run has filled all three: the button is pressed on a cache without them.
  await lesson.button('Flush').click();
  await lesson.holds('redis', {});
  const got = (key: string) => `Redis got ${key}, with a TTL of 3600 s.`;
  await lesson.does(PRE_SEED, [got('rohan'), got('john'), got('doe')], 'Press Play: three hits, and not one query.');
  await lesson.holds('redis', THREE);
  await lesson.hasMet('two-hits-one-fill', 'three-misses');
  await expect(lesson.node('postgres')).toContainText('4 queries');
  await lesson.play(4);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(4, request)).toEqual(['hit']);
  await expect(lesson.node('postgres')).toContainText('4 queries');
  await lesson.hasMet('two-hits-one-fill', 'three-misses', 'no-query');

  // Another answer to the same question, which counts like the first.
  await lesson.does(AGAIN, ['“Cache-aside” is drawn, with its data.'], 'Press Play: two hits, and a miss that is filled.');
  await lesson.holds('redis', TWO);
  await lesson.prediction(WHICH_HIT).getByRole('button', { name: 'Answer again' }).click();
  await lesson.predict(WHICH_HIT, 'GET rohan', 'GET john');
  await lesson.play(5);
  expect(await lesson.happened(WHICH_HIT)).toEqual(['GET rohan', 'GET john']);
  await lesson.wentAsSaid(WHICH_HIT, WHY);

  // An inspector that looks into a store that is off would complain.
  await lesson.select(lesson.node('server'));
  await expect(lesson.field('TTL (seconds)')).toHaveValue('3600');
  await lesson.power('off', 'Redis');
  await lesson.hasMet('two-hits-one-fill', 'three-misses', 'no-query');
  await lesson.play(6);
  for (const request of [1, 2, 3]) {
    expect(await lesson.outcomes(6, request)).toEqual(['refused', 'found']);
    await expect(lesson.status(6, request)).toHaveText('200');
  }
  await lesson.hasMet('two-hits-one-fill', 'three-misses', 'no-query', 'without-redis');
  await expect(lesson.progress).toHaveText('All 4 goals reached');
  await expect(lesson.notice()).toContainText('Goal reached, and with it all goals of this lesson.');

  await lesson.power('on', 'Redis');
  await lesson.play(7);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(7, request)).toEqual(['miss', 'found', 'stored']);
});

test('no goal of the lesson about cache-aside ticks for what is nearly right', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-aside');

  // One hit and two fills, where two hits and one fill are asked for; and two misses, where there should be three.
  await lesson.select(lesson.node('redis'));
  await lesson.button('Delete rohan').click();
  await lesson.holds('redis', { john: 'John, London' });
  expect(await lesson.judged(1, () => lesson.play(1))).toEqual([]);

  // A hit without a query, but only one.
  expect(await lesson.judged(2, async () => void (await lesson.send('GET doe', 2)))).toEqual([]);

  // Three misses, but only two of them found anything to be filled.
  await lesson.select(lesson.node('postgres'));
  await lesson.button('Delete doe').click();
  await expect(lesson.row('doe')).toHaveCount(0);
  await lesson.apply(EMPTY);
  expect(await lesson.judged(3, () => lesson.play(3))).toEqual([]);
  expect(await lesson.outcomes(3, 3)).toEqual(['miss', 'not-found']);

  // Three reads that Redis refuses, and that nobody answers.
  await lesson.power('off', 'Redis');
  await lesson.power('off', 'Postgres');
  await lesson.saved();
  expect(await lesson.judged(4, () => lesson.play(4))).toEqual([]);
  for (const request of [1, 2, 3]) expect(await lesson.outcomes(4, request)).toEqual(['refused', 'refused']);

  // A run that is stopped has not come to its end, however much of it was right.
  await lesson.apply(AGAIN);
  await lesson.selectLink('client-server');
  await lesson.type('Delay (ms)', '1500');
  await lesson.saved();
  await lesson.button('Play').click();
  await expect(lesson.receiptsOf(5, 2).last()).toBeVisible();
  await lesson.button('Stop').click();
  await expect(lesson.button('Play')).toBeVisible();
  await lesson.hasMet();
  await expect(lesson.progress).toHaveText('0 of 4 goals');

  // What is right ticks, and nothing else does.
  await lesson.applyAgain(AGAIN);
  expect(await lesson.judged(6, () => lesson.play(6))).toEqual(['two-hits-one-fill']);
  await lesson.hasMet('two-hits-one-fill');
});

test('buttons of the lesson about cache-aside can be pressed twice, and a reset brings back its start', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-aside');
  const drawing = await lesson.drawing();
  await lesson.play(1);
  await lesson.hasMet('two-hits-one-fill');

  await lesson.applyAgain(EMPTY);
  await lesson.applyAgain(EMPTY);
  await lesson.holds('redis', {});
  await lesson.holds('postgres', THREE);
  await lesson.applyAgain(PRE_SEED);
  await lesson.applyAgain(PRE_SEED);
  await lesson.holds('redis', THREE);
  // What was said belongs to the button that was pressed last.
  await expect(lesson.said(EMPTY)).toBeEmpty();
  await lesson.applyAgain(AGAIN);
  await lesson.applyAgain(AGAIN);
  await lesson.holds('redis', TWO);
  expect(await lesson.drawing()).toEqual(drawing);

  // Much is changed: what is drawn, what it is called, what it holds, and what is sent.
  await lesson.select(lesson.node('postgres'));
  await lesson.button('Edit rohan').click();
  await lesson.put(null, 'Rohan, Pune');
  await lesson.button('Delete doe').click();
  await expect(lesson.row('doe')).toHaveCount(0);
  await lesson.select(lesson.node('redis'));
  await lesson.rename('Another');
  await lesson.button('Flush').click();
  await expect(lesson.figure('Keys')).toHaveText('0');
  await lesson.node('client').focus();
  await page.keyboard.press('Delete');
  await expect(lesson.nodes()).toHaveCount(3);
  await lesson.saved();

  await lesson.reset();
  await expect(lesson.nodes()).toHaveCount(4);
  expect(await lesson.drawing()).toEqual(drawing);
  await expect(lesson.node('client')).toContainText('GET rohan, GET john, GET doe');
  await lesson.holds('redis', TWO);
  await lesson.holds('postgres', THREE);
  await lesson.hasMet('two-hits-one-fill');
  await expect(lesson.progress).toHaveText('1 of 4 goals');
  await lesson.play(2);
  expect(await lesson.outcomes(2, 3)).toEqual(['miss', 'found', 'stored']);
});
