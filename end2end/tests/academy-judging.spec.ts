import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

const EMPTY = 'Empty Redis cache (force all misses)';
const WHICH = /Which of the three reads will hit/;

test('a run that was hurried past by the next one is judged all the same, and marks the answer', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.speed.fill('0.1'); // so slow that the first film is surely not over when the second run comes
  await lesson.predict(WHICH, 'GET rohan', 'GET john');
  await lesson.button('Play').click();
  await expect(lesson.receiptsOf(1).nth(3)).toBeVisible();
  await lesson.button('Play Client').click();
  await expect(lesson.receiptsOf(2).first()).toBeVisible();
  await lesson.button('Jump to end').click();
  await lesson.hasMet('two-hits-one-fill', 'no-query');
  expect(await lesson.happened(WHICH)).toEqual(['GET rohan', 'GET john']);
});

test.describe('when the server is not reached', () => {
  test.use({ expected: /ERR_FAILED/ });

  test('the request of an example marks no answer, and its receipts are its own', async ({ page }) => {
    const lesson = await Lesson.open(page, 'cache-aside');
    await lesson.predict(WHICH, 'GET doe');
    const example = lesson.text.getByRole('group', { name: 'Example: GET doe' });
    // The first try does not get through: it must not take the receipts of the run after it for its own.
    await page.route('**/api/run', (route) => route.abort(), { times: 1 });
    await example.getByRole('button').click();
    await expect(lesson.notice()).toContainText('does not answer');
    await example.getByRole('button').click();
    await expect(lesson.receiptsOf(1).first()).toBeVisible();
    await lesson.end();
    await expect(example.getByRole('listitem')).toHaveCount(4);
    await expect(lesson.prediction(WHICH)).toHaveAttribute('data-state', 'locked');
    await lesson.play(2);
    expect(await lesson.happened(WHICH)).toEqual(['GET rohan', 'GET john', 'GET doe']);
    await expect(example.getByRole('listitem')).toHaveCount(4);
  });

  test('a verdict that did not come is asked for again', async ({ page }) => {
    const lesson = await Lesson.open(page, 'cache-aside');
    await page.route('**/api/judge', (route) => route.abort(), { times: 2 });
    await lesson.play(1);
    await lesson.hasMet('two-hits-one-fill');
  });
});

test('whoever holds the picture is not told the end', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.speed.fill('0.1');
  await lesson.button('Play').click();
  await lesson.button('Pause').click();
  await expect(lesson.receiptsOf(1).nth(7)).toBeAttached(); // the run itself is over
  await lesson.apply(EMPTY); // something else that is judged
  expect(await lesson.met()).toEqual([]);
  await lesson.button('Jump to end').click();
  await lesson.hasMet('two-hits-one-fill');
});

test('a goal is met by what ran, and not by what is drawn afterwards', async ({ page }) => {
  const lesson = await Lesson.open(page, 'when-not-to');
  await lesson.play(1);
  const before = await lesson.met();
  const judged = page.waitForResponse((response) => response.url().endsWith('/api/judge'));
  await lesson.select(lesson.nodes('redis').first());
  await page.keyboard.press('Delete');
  await judged;
  await lesson.saved();
  expect(await lesson.met()).toEqual(before);
});

test('what is forgotten stays forgotten, until it is done again', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.play(1);
  await lesson.hasMet('two-hits-one-fill');
  await lesson.button('Forget what I did in this lesson').click();
  await lesson.hasMet();
  await page.reload();
  await lesson.isAlive();
  const judged = page.waitForResponse((response) => response.url().endsWith('/api/judge'));
  await lesson.apply('Start again: two of three in Redis');
  await judged;
  await lesson.hasMet();
  await lesson.play(2);
  await lesson.hasMet('two-hits-one-fill');
});

test('a clock that runs ahead elsewhere takes nothing away', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await page.evaluate(() => {
    const mark = { lesson: 'cache-aside', what: 'started-over', id: '', at_ms: Date.now() + 3_600_000 };
    localStorage.setItem('aside:progress', JSON.stringify({ format: 1, marks: [mark] }));
  });
  await page.reload();
  await lesson.isAlive();
  await lesson.play(1);
  await lesson.hasMet('two-hits-one-fill');
});

test('an answer can be given again, whatever else happens meanwhile', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.predict(WHICH, 'GET doe');
  await lesson.play(1);
  await expect(lesson.prediction(WHICH)).toHaveAttribute('data-state', 'marked');
  await lesson.prediction(WHICH).getByRole('button', { name: 'Answer again' }).click();
  await lesson.prediction(WHICH).getByLabel('GET john').check();
  await lesson.play(2); // ticks a goal
  await lesson.hasMet('two-hits-one-fill', 'no-query');
  await expect(lesson.prediction(WHICH).getByLabel('GET john')).toBeChecked();
  await lesson.prediction(WHICH).getByRole('button', { name: 'Lock in' }).click();
  await expect(lesson.prediction(WHICH)).toHaveAttribute('data-state', 'locked');
});

test('a checkpoint that is pressed twice is applied once at a time', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.checkpoint('Start again: two of three in Redis').getByRole('button', { name: 'Apply' }).dblclick();
  await expect(lesson.checkpoint('Start again: two of three in Redis').getByRole('status')).toContainText('Press Play');
  await lesson.saved();
  await expect(lesson.notice()).toHaveClass(/empty/);
  await lesson.play(1);
  await lesson.hasMet('two-hits-one-fill');
});

test('an edit after a checkpoint whose answer was late is saved like any other', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await page.route('**/api/apply', async (route) => {
    const response = await route.fetch();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.fulfill({ response });
  });
  await lesson.apply(EMPTY);
  await lesson.select(lesson.node('client'));
  await lesson.rename('Reader');
  await lesson.saved();
  await expect(lesson.notice()).not.toContainText('Another tab');
  await page.reload();
  await lesson.isAlive();
  await expect(lesson.node('client')).toContainText('Reader');
});
