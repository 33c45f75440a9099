import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Academy, isAlive, LESSONS } from '../support/academy.ts';
import { Lesson } from '../support/lesson.ts';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

/** A lesson on a phone: two panes beside each other. */
class Pocket extends Lesson {
  static override async open(page: Page, slug: string): Promise<Pocket> {
    await page.goto(`/academy/${slug}`);
    const lesson = new Pocket(page);
    await lesson.isAlive();
    return lesson;
  }

  tab(name: 'Lesson' | 'Sandbox') {
    return this.page.getByRole('group', { name: 'Panes' }).getByRole('button', { name, exact: true });
  }

  get sandbox() {
    return this.page.getByRole('region', { name: 'Sandbox of this lesson' });
  }

  /** Goes to a pane by its tab. */
  async turn(to: 'Lesson' | 'Sandbox') {
    await this.tab(to).tap();
    await this.shows(to);
  }

  /** Waits until a pane fills the width, and its tab says so. */
  async shows(pane: 'Lesson' | 'Sandbox') {
    const other = pane === 'Lesson' ? 'Sandbox' : 'Lesson';
    await expect(this.tab(pane)).toHaveAttribute('aria-pressed', 'true');
    await expect(this.tab(other)).toHaveAttribute('aria-pressed', 'false');
    const shown = pane === 'Lesson' ? this.text : this.sandbox;
    await expect.poll(async () => Math.round((await shown.boundingBox())!.x)).toBe(0);
  }

  /** Moves the panes; they fall into place. */
  async move(by: number) {
    await this.page.locator('.panes').evaluate((panes, by) => panes.scrollBy({ left: by, behavior: 'instant' }), by);
  }

  /** How far the page, or a pane, is wider than the screen. */
  overflow(): Promise<string[]> {
    return this.page.evaluate(() =>
      ['html', '.prose-pane', '.sandbox-pane'].flatMap((selector) => {
        const element = document.querySelector(selector)!;
        return element.scrollWidth > Math.min(390, element.clientWidth) ? [`${selector}: ${element.scrollWidth}`] : [];
      }),
    );
  }
}

test('lesson and sandbox are two panes, and each keeps its place', async ({ page }) => {
  const lesson = await Pocket.open(page, 'cache-aside');
  await lesson.shows('Lesson');
  await expect(lesson.button('Play')).not.toBeInViewport();
  const heading = lesson.text.getByRole('heading', { name: 'What it costs' });
  await lesson.text.evaluate((main) => main.scrollTo({ top: 2_000, behavior: 'instant' }));
  const place = await lesson.text.evaluate((main) => main.scrollTop);
  expect(place).toBe(2_000);

  await lesson.turn('Sandbox');
  await expect(lesson.canvas).toBeInViewport();
  await expect(heading).not.toBeInViewport();
  await lesson.sandbox.evaluate((pane) => pane.scrollTo({ top: 300, behavior: 'instant' }));
  await lesson.turn('Lesson');
  expect(await lesson.text.evaluate((main) => main.scrollTop)).toBe(place);

  // By moving the panes themselves, too.
  await lesson.move(350);
  await lesson.shows('Sandbox');
  expect(await lesson.sandbox.evaluate((pane) => pane.scrollTop)).toBe(300);
  await lesson.move(-350);
  await lesson.shows('Lesson');
  expect(await lesson.text.evaluate((main) => main.scrollTop)).toBe(place);
  expect(await page.evaluate(() => [window.scrollX, window.scrollY])).toEqual([0, 0]);
  expect(await page.locator('.panes').evaluate((panes) => panes.scrollWidth)).toBe(780);
});

test('a finger swipes between the panes', async ({ page }) => {
  const lesson = await Pocket.open(page, 'cache-aside');
  const cdp = await page.context().newCDPSession(page);
  const swipe = async (from: number, to: number) => {
    const y = 700; // text on one side, receipts on the other
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: from, y }] });
    for (let step = 1; step <= 8; step++) {
      await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x: from + ((to - from) * step) / 8, y }] });
    }
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  await swipe(360, 30);
  await lesson.shows('Sandbox');
  await swipe(30, 360);
  await lesson.shows('Lesson');
});

test('a learner gets through with a finger: predict, Play, Apply', async ({ page }) => {
  test.slow();
  const lesson = await Pocket.open(page, 'cache-aside');
  const answer = lesson.prediction(/Which of the three reads will hit/);
  for (const text of ['GET rohan', 'GET doe']) await answer.getByText(text).tap();
  await expect(answer.getByLabel('GET doe')).toBeChecked();
  await answer.getByRole('button', { name: 'Lock in' }).tap();
  await expect(answer).toHaveAttribute('data-state', 'locked');

  const run = async (number: number) => {
    await lesson.turn('Sandbox');
    await lesson.button('Play').tap();
    await expect(lesson.receiptsOf(number).first()).toBeVisible();
    await lesson.end();
    await lesson.turn('Lesson');
  };
  await run(1);
  expect(await lesson.happened(/Which of the three/)).toEqual(['GET rohan', 'GET john']);
  await lesson.hasMet('two-hits-one-fill');
  await expect(lesson.progress).toHaveText('1 of 4 goals');
  await expect(lesson.progress).toBeInViewport();

  const checkpoint = lesson.checkpoint('Empty Redis cache (force all misses)');
  await checkpoint.getByRole('button', { name: 'Apply' }).tap();
  await expect(checkpoint.getByRole('status')).toContainText('Redis was emptied.');
  await lesson.goal('three-misses').getByText('Hint', { exact: true }).tap();
  await expect(lesson.goal('three-misses')).toContainText('A read misses when Redis does not hold its key.');
  await run(2);
  await lesson.hasMet('two-hits-one-fill', 'three-misses');

  await lesson.text.getByRole('button', { name: 'Send GET doe' }).tap();
  await expect(lesson.text.locator('.receipts-of [data-outcome="hit"]')).toBeVisible();
  expect(await lesson.overflow()).toEqual([]);

  await lesson.text.getByText('Contents', { exact: true }).tap();
  await lesson.text.getByRole('navigation', { name: 'Contents of this lesson' }).getByRole('link', { name: 'One thing to break' }).tap();
  await expect(lesson.text.getByRole('heading', { name: 'One thing to break' })).toBeInViewport();
  await lesson.shows('Lesson');
});

test('no page of the Academy is wider than a phone, and all of it is big enough for a finger', async ({ page }) => {
  test.slow();
  const academy = await Academy.open(page);
  await academy.makeCode();
  for (const path of ['/academy', '/real']) {
    await page.goto(path);
    await isAlive(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390);
  }
  for (const { slug } of LESSONS) {
    const lesson = await Pocket.open(page, slug);
    await lesson.text.evaluate((main) => main.querySelectorAll('details').forEach((details) => (details.open = true)));
    expect(await lesson.overflow(), slug).toEqual([]);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('.lesson-top button, .prose-pane button, .prose-pane summary, .prose-pane .button, .prose-pane label[data-choice]')].flatMap((control) => {
        const { width, height } = control.getBoundingClientRect();
        return width > 0 && Math.min(width, height) < 24 ? [`${control.textContent}: ${width} × ${height}`] : [];
      }),
    );
    expect(small, slug).toEqual([]);
  }
});
