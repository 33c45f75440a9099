import { expect, test } from '../fixtures.ts';
import { isAlive } from '../support/academy.ts';
import { Lesson } from '../support/lesson.ts';
import { Sandbox } from '../support/sandbox.ts';

test('an address leads to a part of a lesson, and the contents say where one is', async ({ page }) => {
  await page.goto('/academy/ttl#choosing-one');
  const lesson = new Lesson(page);
  await lesson.isAlive();
  const heading = (name: string) => lesson.text.getByRole('heading', { name, exact: true });
  const contents = lesson.text.getByRole('navigation', { name: 'Contents of this lesson' });
  const current = lesson.text.locator('.toc [aria-current="location"]');
  await expect(heading('Choosing one')).toBeInViewport();
  await expect(lesson.text.locator('.toc-now')).toHaveText('Choosing one');

  await lesson.text.getByText('Contents', { exact: true }).click();
  await contents.getByRole('link', { name: 'Many keys at once' }).click();
  await expect(page).toHaveURL('/academy/ttl#many-keys-at-once');
  await expect(heading('Many keys at once')).toBeInViewport();
  // It lies over the text: whoever was led by it wants to read.
  await expect(contents).toBeHidden();
  await expect(lesson.text.locator('.toc-now')).toHaveText('Many keys at once');
  // The heading is to be seen, and not below the contents.
  const above = (await lesson.text.locator('.toc summary').boundingBox())!;
  expect((await heading('Many keys at once').boundingBox())!.y).toBeGreaterThanOrEqual(above.y + above.height - 1);

  await page.goBack();
  await expect(lesson.text.locator('.toc-now')).toHaveText('Choosing one');

  // By scrolling, too, without a click.
  const scroll = (top: number) => lesson.text.evaluate((main, top) => main.scrollTo({ top, behavior: 'instant' }), top);
  await scroll(0);
  await expect(lesson.text.locator('.toc-now')).toBeEmpty();
  await expect(current).toHaveCount(0);
  const headings = await lesson.text.locator('.lesson-text h2').allInnerTexts();
  const seen: string[] = [];
  for (let index = 0; index < headings.length; index++) {
    await lesson.text.evaluate((main, index) => {
      const heading = main.querySelectorAll('.lesson-text h2')[index]!;
      main.scrollTo({ top: main.scrollTop + heading.getBoundingClientRect().top - main.getBoundingClientRect().top - 60, behavior: 'instant' });
    }, index);
    const isEnd = await lesson.text.evaluate((main) => main.scrollTop + main.clientHeight >= main.scrollHeight - 1);
    if (isEnd) break;
    await expect(current).toHaveText(headings[index]!);
    seen.push(headings[index]!);
  }
  expect(seen.length).toBeGreaterThanOrEqual(4);
});

test('whoever opens the contents stays where he is, in the text and in them', async ({ page }) => {
  await page.goto('/academy/ttl#choosing-one');
  const lesson = new Lesson(page);
  await lesson.isAlive();
  await expect(lesson.text.locator('.toc-now')).toHaveText('Choosing one');
  const line = lesson.text.locator('#choosing-one ~ *').nth(6);
  const before = (await line.boundingBox())!.y;
  await lesson.text.getByText('Contents', { exact: true }).click();
  await expect(lesson.text.getByRole('navigation', { name: 'Contents of this lesson' })).toBeVisible();
  await expect(lesson.text.locator('[aria-current="location"]')).toHaveText('Choosing one');
  expect((await line.boundingBox())!.y).toBeCloseTo(before, 0);
});

test('a heading leads to itself, and a lesson to the page about what is real', async ({ page }) => {
  const lesson = await Lesson.open(page, 'ttl');
  await lesson.text.getByRole('heading', { name: 'Sources' }).getByRole('link').click();
  await expect(page).toHaveURL('/academy/ttl#sources');
  await lesson.text.getByRole('link', { name: 'What is real here, what is slowed, and what is injected' }).click();
  await expect(page).toHaveURL('/real');
});

test('the interactive sandbox opens in a new tab', async ({ page, context }) => {
  await Lesson.open(page, 'cache-aside');
  const tab = context.waitForEvent('page');
  await page.getByRole('link', { name: 'Open interactive sandbox' }).click();
  const other = await tab;
  await expect(other).toHaveURL('/sandbox');
  await isAlive(other);
  expect(await other.evaluate(() => window.opener)).toBeNull();
  await expect(page).toHaveURL('/academy/cache-aside');
});

test('keys show the sandbox alone and turn lessons, but not while one types', async ({ page }) => {
  const lesson = await Lesson.open(page, 'redis');
  const isFull = () => page.evaluate(() => document.fullscreenElement?.getAttribute('aria-label') ?? null);
  await page.keyboard.press('f');
  await expect(lesson.button('Leave full screen')).toBeVisible();
  expect(await isFull()).toBe('Sandbox of this lesson');
  await expect(lesson.button('Play')).toBeVisible();
  await expect(lesson.nodes().first()).toBeVisible();
  // What is said while the sandbox is alone has to be seen there.
  await lesson.button('Reset lesson').click();
  await expect(lesson.notice()).toContainText('The sandbox is back to where this lesson starts.');
  const isOnTop = await lesson.notice().evaluate((notice) => {
    const { x, y, width, height } = notice.getBoundingClientRect();
    return notice.contains(document.elementFromPoint(x + width / 4, y + height / 2));
  });
  expect(isOnTop, 'the message is seen').toBe(true);
  await page.keyboard.press('F');
  await expect(lesson.button('Full screen')).toBeVisible();
  expect(await isFull()).toBeNull();
  await lesson.button('Full screen').click();
  await lesson.button('Leave full screen').click();
  await expect(lesson.button('Full screen')).toBeVisible();

  // Somebody writes, or means something else.
  await lesson.field('Title').click();
  await page.keyboard.press('End');
  await page.keyboard.type('[f]F');
  await expect(lesson.field('Title')).toHaveValue('Redis[f]F');
  expect(await isFull()).toBeNull();
  await page.keyboard.press('Escape');
  await lesson.button('Play').focus();
  for (const key of ['Control+f', 'Alt+f', 'Control+]', 'Meta+[']) await page.keyboard.press(key);
  expect(await isFull()).toBeNull();
  await expect(page).toHaveURL('/academy/redis');

  await page.keyboard.press(']');
  await expect(page).toHaveURL('/academy/postgresql');
  await lesson.isAlive();
  await page.keyboard.press('[');
  await expect(page).toHaveURL('/academy/redis');
  await lesson.isAlive();
  await page.keyboard.press('[');
  await expect(page).toHaveURL('/academy/cache-aside');
  await lesson.isAlive();
  // There is none before the first.
  await page.keyboard.press('[');
  await page.keyboard.press('f');
  await expect(lesson.button('Leave full screen')).toBeVisible();
  await expect(page).toHaveURL('/academy/cache-aside');
});

test('each lesson has a sandbox of its own', async ({ page, context, stranger }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-aside');
  const sandbox = await Sandbox.open(await context.newPage());
  const other = await Lesson.open(await context.newPage(), 'redis');
  const theirs = await Lesson.open(stranger, 'cache-aside');
  const others = [sandbox, other, theirs];
  const drawings = await Promise.all(others.map((other) => other.drawing()));

  await lesson.apply('Empty Redis cache (force all misses)');
  await lesson.select(lesson.node('redis'));
  await lesson.rename('Mine alone');
  await lesson.saved();
  await lesson.play(1);
  await expect(lesson.node('redis')).toContainText('3 keys');
  await lesson.power('off', 'Mine alone');
  await lesson.saved();

  await Promise.all(others.map((other) => other.page.reload()));
  for (const [index, other] of others.entries()) {
    await other.isAlive();
    expect(await other.drawing()).toEqual(drawings[index]);
    await expect(other.node('redis')).not.toHaveAttribute('data-power');
    await expect(other.node('redis')).toContainText('2 keys');
    await expect(other.counter()).toHaveText('No frames yet');
  }
  await expect(theirs.progress).toHaveText('0 of 4 goals');
  await page.reload();
  await lesson.isAlive();
  await expect(lesson.node('redis')).toContainText('Mine alone');
  await expect(lesson.node('redis')).toHaveAttribute('data-power', 'off');
  await expect(lesson.counter()).toHaveText(/^Frame \d+ of \d+$/);

  // Back to where the lesson starts, with one button; what was reached stays reached.
  await lesson.hasMet('three-misses');
  await lesson.button('Reset lesson').click();
  await expect(lesson.notice()).toContainText('What you have reached stays reached.');
  await expect(lesson.node('redis')).toContainText('2 keys');
  await expect(lesson.node('redis')).not.toContainText('Mine alone');
  await lesson.hasMet('three-misses');
});

test('an answer that is being chosen anew is not taken away by a goal', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  const HITS = /Which of the three reads will hit/;
  await lesson.predict(HITS, 'GET doe');
  await lesson.play(1);
  await lesson.happened(HITS);
  const answer = lesson.prediction(HITS);
  await answer.getByRole('button', { name: 'Answer again' }).click();
  await answer.getByLabel('GET john').check();
  // Meanwhile a run meets a goal that was still open.
  await lesson.play(2);
  await lesson.hasMet('two-hits-one-fill', 'no-query');
  await expect(answer).toHaveAttribute('data-state', 'open');
  await expect(answer.getByLabel('GET john')).toBeChecked();
});

for (const width of [1024, 1280]) {
  test.describe(`in a window of ${width} pixels`, () => {
    test.use({ viewport: { width, height: 768 } });

    test('text, drawing, transport and receipts have room beside each other', async ({ page }) => {
      const lesson = await Lesson.open(page, 'cache-aside');
      await lesson.play(1);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      // Nothing of the transport is cut off.
      const cut = await page.locator('.deck').evaluate((deck) => {
        const edge = deck.getBoundingClientRect().right;
        const parts = [...deck.querySelectorAll('button, input, output, label, [data-testid="frame-counter"]')];
        return parts.filter((part) => part.getBoundingClientRect().right > edge + 1).map((part) => part.getAttribute('aria-label') ?? part.textContent);
      });
      expect(cut).toEqual([]);
      expect(await lesson.unreadable()).toEqual([]);
    });
  });
}
