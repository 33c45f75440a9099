import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { isAlive, LESSONS, plain } from '../support/academy.ts';
import { Lesson } from '../support/lesson.ts';

/** Every page that can be linked to. */
const PAGES = ['/', '/sandbox', '/academy', '/real', ...LESSONS.map(({ slug }) => `/academy/${slug}`)];

/** Where one must not be scrolled sideways to read: how far a page and its text are wider than they may be. */
function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What of a lesson's blocks says nothing, or can be pressed although nothing would happen. */
function unreadable(page: Page): Promise<string[]> {
  return page.getByRole('main').evaluate((main) => {
    const bad: string[] = [];
    const says = (element: Element | null | undefined) => /\w+ \w+/.test(element?.textContent ?? '');
    const each = (selector: string, least: number, check: (element: Element) => boolean) => {
      const all = [...main.querySelectorAll(selector)];
      if (all.length < least) bad.push(`${all.length} of ${selector}`);
      all.filter((element) => !check(element)).forEach((element) => bad.push(`${selector}: ${element.textContent}`));
    };
    each('figure', 1, (figure) => says(figure.querySelector('figcaption')) && figure.querySelector('svg')!.getBoundingClientRect().height > 60);
    each('[data-goal]', 2, (goal) => says(goal.querySelector('.goal-text')) && goal.querySelectorAll('details > summary + p').length === 2);
    each('[data-goal] details p', 4, (hint) => says(hint));
    each('[data-checkpoint]', 2, (checkpoint) => says(checkpoint.querySelector('h3')) && says(checkpoint.querySelector('p')));
    each('[data-prediction]', 1, (prediction) => /\w+ \w+.*\?$/.test(prediction.querySelector('legend')!.textContent) && prediction.querySelectorAll('[data-choice]').length >= 2);
    // The solution is not for reading ahead.
    each('[data-prediction] .why', 1, (why) => says(why) && why.getClientRects().length === 0);
    each('button, input', 5, (control) => control.matches(':disabled') || control.closest('[hidden]') !== null);
    return bad;
  });
}

test('every lesson reads without JavaScript', async ({ context, baseURL }) => {
  test.slow();
  const page = await plain(context, baseURL!);
  for (const { slug, title } of LESSONS) {
    await test.step(slug, async () => {
      await page.goto(`/academy/${slug}`);
      const main = page.getByRole('main');
      await expect(page).toHaveTitle(`${title} · Aside`);
      await expect(main.getByRole('heading', { level: 1 })).toHaveText(title);
      const warning = main.locator('noscript p');
      await expect(warning).toBeVisible();
      expect(await warning.innerText()).toBe('Without JavaScript this page can be read, but its buttons and its sandbox stand still.');
      const words = (await main.locator('.lesson-text').innerText()).split(/\s+/).length;
      expect(words).toBeGreaterThan(700);
      await expect(page.getByTestId('lesson-progress')).toHaveText(/^0 of \d+ goals$/);

      expect(await unreadable(page)).toEqual([]);
      for (const picture of await main.getByRole('figure').getByRole('img').all()) {
        await expect(picture).toBeVisible();
        await expect(picture).toHaveAccessibleName(/\w+ \w+/);
      }
      // What is open and what is not needs no script either.
      const goal = main.locator('[data-goal]').first();
      await expect(goal).toContainText(/^To do: \w+/);
      await goal.getByText('Hint', { exact: true }).click();
      await goal.getByText('Show me the way', { exact: true }).click();
      await expect(goal.locator('details p').last()).toBeVisible();

      await expect(main.getByRole('link', { name: 'What is real here, what is slowed, and what is injected' })).toBeVisible();
      await main.getByText('Contents', { exact: true }).click();
      const contents = main.getByRole('navigation', { name: 'Contents of this lesson' }).getByRole('link');
      await expect(contents).toHaveText(await main.locator('.lesson-text h2').allInnerTexts());
      await contents.last().click();
      await expect(main.locator('.lesson-text h2').last()).toBeInViewport();
      expect(await sideways(page)).toBe(0);
    });
  }
  await page.context().close();
});

test('the path and the page about what is real read without JavaScript', async ({ context, baseURL }) => {
  const page = await plain(context, baseURL!);
  await page.goto('/academy');
  await expect(page.getByRole('link', { name: 'Begin: Cache-aside' })).toBeVisible();
  for (const { title } of LESSONS) await expect(page.getByRole('link', { name: title, exact: true })).toBeVisible();
  for (const name of ['Export progress', 'Forget all progress', 'Make a sync code', 'Use this code']) {
    await expect(page.getByRole('button', { name })).toBeDisabled();
  }
  await page.getByRole('link', { name: 'What is real here' }).click();
  await expect(page).toHaveURL('/real');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What is real here');
  await expect(page.getByRole('rowheader', { name: /^Redis \d+\.\d+/ })).toBeVisible();
  await expect(page.getByRole('rowheader', { name: /^PostgreSQL \d+/ })).toBeVisible();
  await expect(page.locator('[data-command="GET"] .number')).toHaveText([/^\d+$/, /^\d+$/]);
  await page.context().close();
});

test('every link within Aside leads somewhere, and to the part that it names', async ({ request, baseURL }) => {
  const pages = new Map<string, string>();
  const read = async (path: string) => {
    if (!pages.has(path)) {
      const response = await request.get(path);
      expect(response.status(), path).toBe(200);
      pages.set(path, await response.text());
    }
    return pages.get(path)!;
  };
  const todo = ['/'];
  const seen = new Set<string>();
  while (todo.length > 0) {
    const path = todo.pop()!;
    if (seen.has(path)) continue;
    seen.add(path);
    const html = await read(path);
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(ids, `ids of ${path}, each once`).toEqual([...new Set(ids)]);
    for (const [, href = ''] of html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)) {
      const to = new URL(href.replaceAll('&amp;', '&'), `${baseURL}${path}`);
      expect(to.origin, `${path} leads to ${href}`).toBe(baseURL);
      expect(href, `a link of ${path}`).not.toBe('');
      const target = await read(to.pathname);
      if (to.hash) expect(target, `${path} leads to ${href}`).toMatch(new RegExp(`\\sid="${to.hash.slice(1)}"`));
      todo.push(to.pathname);
    }
  }
  // From the front page one comes to every page.
  expect([...seen].sort()).toEqual([...PAGES].sort());
});

test('printed, a lesson is its text and its figures', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await page.emulateMedia({ media: 'print' });
  const main = page.getByRole('main');
  await expect(main.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(main.getByText('So keep the answer where it is cheaper to ask for.')).toBeVisible();
  await expect(main.getByRole('figure').first()).toBeVisible();
  await expect(main.getByRole('heading', { name: 'Build it yourself' })).toBeVisible();
  await expect(lesson.checkpoint('Empty Redis cache (force all misses)')).toContainText('Deletes every key in Redis.');
  await expect(page.getByLabel('Sandbox of this lesson')).toBeHidden();
  await expect(page.getByRole('button')).toHaveCount(0);
  // All of it is on paper, and not what fits on the screen: nothing scrolls by itself.
  const whole = await main.evaluate((main) => main.scrollHeight - main.clientHeight);
  expect(whole).toBeLessThanOrEqual(1);
  const [paper, text] = await page.evaluate(() => [document.documentElement.scrollHeight, document.querySelector('main')!.scrollHeight]);
  expect(paper!).toBeGreaterThanOrEqual(text!);
  const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
  expect(pdf.match(/\/Type\s*\/Page\b/g)!.length).toBeGreaterThanOrEqual(3);
});

test('printed, the path is its lessons, without what can be pressed', async ({ page }) => {
  await page.goto('/academy');
  await isAlive(page);
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('link', { name: 'Build it yourself', exact: true })).toBeVisible();
  await expect(page.getByRole('button')).toHaveCount(0);
});

test('a lesson costs the browser no more than the sandbox, and none of its text is in our code', async ({ page, request }) => {
  const loaded = async (path: string) => {
    const urls: string[] = [];
    const listen = (request: { url(): string; resourceType(): string }) => {
      if (request.resourceType() === 'script' || /\.(js|wasm)(\?|$)/.test(request.url())) urls.push(new URL(request.url()).pathname);
    };
    page.on('request', listen);
    await page.goto(path);
    await isAlive(page);
    page.off('request', listen);
    return [...new Set(urls)].sort();
  };
  const sandbox = await loaded('/sandbox');
  expect(sandbox).toHaveLength(2);
  expect(await loaded('/academy/cache-aside')).toEqual(sandbox);

  const code = await Promise.all(sandbox.map(async (path) => (await request.get(path)).body()));
  const texts = LESSONS.map(({ slug }) => {
    const lesson = readFileSync(resolve(import.meta.dirname, `../../academy/${slug}/lesson.md`), 'utf8');
    // A line of its prose, and one of a block.
    const prose = lesson.split('+++')[2]!.split('\n').find((line) => /^[A-Z][^`*]{40,}/.test(line))!;
    return [prose.slice(0, 40), /^(?:text|why) = "([^"]{20,60})/m.exec(lesson)![1]!];
  });
  for (const bytes of code) {
    for (const text of texts.flat()) expect(bytes.includes(Buffer.from(text)), text).toBe(false);
  }
  // Found in the page itself, so the search is for what there is.
  expect(await (await request.get('/academy/cache-aside')).text()).toContain('Deletes every key in Redis. Postgres keeps its three rows.');
  expect(code.some((bytes) => bytes.includes(Buffer.from('Goal reached')))).toBe(true);
});
