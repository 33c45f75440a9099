import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Academy, isAlive, keep, LESSONS, met, opened, progress } from '../support/academy.ts';
import { Lesson } from '../support/lesson.ts';
import { put, Sandbox, usual } from '../support/sandbox.ts';

/** What keeps people out, and where; on the whole page, or in a part of it. */
async function barriers(page: Page, part = 'html') {
  const { violations } = await new AxeBuilder({ page }).include(part).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    for (const path of ['/', '/academy', '/real']) {
      test(`${path} keeps nobody out`, async ({ page }) => {
        await page.goto(path);
        await isAlive(page);
        expect(await barriers(page)).toEqual([]);
      });
    }

    test('the lessons keep nobody out', async ({ page }) => {
      test.slow();
      for (const { slug } of LESSONS) {
        const lesson = await Lesson.open(page, slug);
        await lesson.saved();
        // What stands beside the text is that of the first, and of the sandbox.
        expect.soft(await barriers(page, slug === 'cache-aside' ? 'html' : 'main'), slug).toEqual([]);
      }
    });

    test('a lesson that somebody works through keeps nobody out', async ({ page }) => {
      test.slow();
      const lesson = await Lesson.open(page, 'cache-aside');
      const HITS = /Which of the three reads will hit/;
      await lesson.predict(HITS, 'GET rohan', 'GET doe');
      expect.soft(await barriers(page), 'locked in').toEqual([]);
      await lesson.play(1);
      await lesson.happened(HITS);
      await lesson.hasMet('two-hits-one-fill');
      expect.soft(await barriers(page), 'marked, and a goal met').toEqual([]);
      await lesson.apply('Empty Redis cache (force all misses)');
      await lesson.goal('three-misses').getByText('Hint', { exact: true }).click();
      await lesson.goal('three-misses').getByText('Show me the way', { exact: true }).click();
      await lesson.text.getByText('Contents', { exact: true }).click();
      await lesson.button('Yes, helpful').click();
      await expect(page.getByLabel(/What was good, or what was missing/)).toBeVisible();
      expect.soft(await barriers(page), 'applied, with hints, contents and feedback').toEqual([]);
      await lesson.text.getByRole('button', { name: 'Send GET doe' }).click();
      await expect(lesson.text.locator('.receipts-of [data-outcome="miss"]')).toBeVisible();
      expect.soft(await barriers(page), 'with the receipts of an example').toEqual([]);
    });

    test('progress that is synced, or done, keeps nobody out', async ({ page }) => {
      const academy = await Academy.open(page);
      const goals = await academy.goals();
      await keep(page, progress(...met('cache-aside', goals['cache-aside']!), opened('redis')));
      await page.goto('/academy');
      await isAlive(page);
      await academy.makeCode();
      await academy.import('no progress');
      await expect(academy.said).toHaveText(/^This is no file/);
      expect(await barriers(page)).toEqual([]);
    });

    test('the sandbox keeps nobody out, before, during and after a run', async ({ page }) => {
      test.slow();
      const sandbox = await Sandbox.open(page);
      await sandbox.saved();
      expect(await barriers(page), 'idle').toEqual([]);
      await sandbox.speed.fill('0.1'); // so slow that it surely plays until it is paused
      await sandbox.button('Play').click();
      await sandbox.button('Pause').click();
      await sandbox.timeline.fill('11');
      expect(await barriers(page), 'in the middle of a run').toEqual([]);
      await sandbox.receipts.locator('[data-outcome="miss"]').click();
      expect(await barriers(page), 'with a receipt open').toEqual([]);
      await sandbox.button('Jump to end').click();
      await expect(sandbox.button('Play')).toBeVisible();
      expect(await barriers(page), 'after a run').toEqual([]);
    });

    test('every inspector keeps nobody out', async ({ page }) => {
      test.slow();
      const sandbox = await Sandbox.open(page);
      for (const id of ['client', 'server', 'redis', 'postgres']) {
        await sandbox.select(sandbox.node(id));
        await expect(sandbox.inspector.getByRole('heading', { level: 2 })).toContainText(new RegExp(id, 'i'));
        if (id === 'redis' || id === 'postgres') {
          await expect(sandbox.row('rohan')).toBeVisible();
          await sandbox.button(id === 'redis' ? 'Add key' : 'Add row').click();
          await sandbox.button('Save').click();
          await expect(sandbox.inspector.getByRole('alert').first()).toBeVisible();
        }
        expect(await barriers(page), id).toEqual([]);
      }
      await sandbox.link('server-redis').focus();
      await expect(sandbox.button('Delete link')).toBeVisible();
      expect(await barriers(page), 'a link').toEqual([]);
    });

    test('a server with all its options, and a client that writes, keep nobody out', async ({ page }) => {
      test.slow();
      const sandbox = await Sandbox.open(page);
      await sandbox.select(sandbox.node('server'));
      for (const name of ['TTL jitter', 'Negative caching', 'Single-flight', 'Circuit breaker']) await sandbox.switch(name).check();
      await sandbox.type('Redis timeout (ms)', '0');
      await expect(sandbox.inspector.getByRole('alert')).toBeVisible();
      expect(await barriers(page), 'a server').toEqual([]);
      await sandbox.select(sandbox.node('client'));
      await sandbox.field('Verb of request 1').selectOption('PUT');
      await sandbox.field('Method').selectOption('PUT');
      await sandbox.button('Add request').click();
      await expect(sandbox.inspector.getByRole('alert')).toBeVisible();
      expect(await barriers(page), 'a client').toEqual([]);
    });

    test('links that do not work, stores that are off, and an open breaker keep nobody out', async ({ page }) => {
      test.slow();
      const sandbox = await Sandbox.open(page);
      const breaker = { failures: 1, open_s: 600 };
      const links = { 'client-server': { delay_ms: 50 }, 'server-redis': { condition: 'cut' }, 'server-postgres': { delay_ms: 20, condition: 'black-hole' } } as const;
      await sandbox.import(usual({ requests: ['a'], keys: ['a'], server: { breaker }, links }));
      for (const name of Object.keys(links)) {
        await sandbox.selectLink(name);
        await expect(sandbox.field('Condition')).toBeVisible();
        expect(await barriers(page), name).toEqual([]);
      }
      await sandbox.type('Delay (ms)', '2001');
      await expect(sandbox.inspector.getByRole('alert')).toBeVisible();
      expect(await barriers(page), 'a delay that is refused').toEqual([]);
      await sandbox.play(1);
      await sandbox.select(sandbox.node('server'));
      await expect(sandbox.inspector).toContainText('the breaker is open');
      expect(await barriers(page), 'an open breaker').toEqual([]);
      await sandbox.power('off', 'redis');
      await sandbox.power('off', 'postgres');
      expect(await barriers(page), 'stores that are off').toEqual([]);
    });

    test('a run with stale and refused receipts keeps nobody out', async ({ page }) => {
      test.slow();
      const sandbox = await Sandbox.open(page);
      const server = { policy: 'forget', breaker: { failures: 1, open_s: 600 } } as const;
      await sandbox.import(usual({ requests: [put('a', 'new'), 'a'], keys: ['a'], server, links: { 'server-postgres': { delay_ms: 20 } } }));
      await sandbox.play(1);
      const stale = sandbox.receipts.locator('[data-stale="true"]');
      await expect(stale).toHaveCount(1);
      await sandbox.select(sandbox.node('redis'));
      await expect(sandbox.row('a')).toHaveAttribute('data-stale', 'true');
      expect(await barriers(page), 'a stale key').toEqual([]);
      await sandbox.open(stale);
      expect(await barriers(page), 'a stale hit').toEqual([]);
      await sandbox.timeline.fill('7');
      await expect(sandbox.canvas.locator('.packet[data-stale="true"]:not([hidden])')).toHaveCount(1);
      expect(await barriers(page), 'a stale reply on its way').toEqual([]);
      await sandbox.select(sandbox.node('server'));
      await expect(sandbox.figureOf('Stale reads', 'This run')).toHaveText('1');
      expect(await barriers(page), 'figures').toEqual([]);

      await sandbox.condition('server-redis', 'cut');
      await sandbox.select(sandbox.node('client'));
      await sandbox.field('Verb of request 1').selectOption('GET');
      await sandbox.play(2);
      await expect(sandbox.receipts.locator('[data-outcome="refused"]')).toHaveCount(1);
      await expect(sandbox.receipts).toContainText('breaker open');
      expect(await barriers(page), 'refused, and not sent').toEqual([]);
      await sandbox.open(sandbox.receipts.locator('[data-outcome="refused"]'));
      expect(await barriers(page), 'the details of a refusal').toEqual([]);
    });

    test('a drawing with issues keeps nobody out', async ({ page }) => {
      const sandbox = await Sandbox.open(page);
      await sandbox.link('client-server').focus();
      await page.keyboard.press('Delete');
      await sandbox.link('server-postgres').focus();
      await page.keyboard.press('Delete');
      await page.keyboard.press('Escape');
      await expect(sandbox.inspector.getByRole('list', { name: 'Issues' })).toBeVisible();
      expect(await barriers(page)).toEqual([]);
    });
  });
}

test.describe('without a mouse', () => {
  /** What has the focus, and what is wrong with it: a reader has to see where he is. */
  async function place(page: Page): Promise<{ at: string; wrong: string[] }> {
    return page.evaluate(() => {
      const element = document.activeElement!;
      const name = element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40);
      const wrong: string[] = [];
      if (element === document.body) wrong.push('the focus is lost');
      const marked = [element, ...(element instanceof HTMLInputElement ? [element.parentElement!, element.nextElementSibling ?? element] : [])];
      const isMarked = marked.some((element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
      });
      // Links on the canvas are drawn thicker instead.
      if (!isMarked && element.closest('svg') === null) wrong.push('no mark of the focus');
      const { left, top, right, bottom } = element.getBoundingClientRect();
      if (bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth) wrong.push('not on the screen');
      const [x, y] = [(left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
      const over = document.elementFromPoint(x, y);
      if (element.closest('main') && over?.closest('.toc, .notice') && !element.contains(over) && !over.closest('.toc')?.contains(element)) {
        wrong.push('below something else');
      }
      return { at: `${element.tagName.toLowerCase()} ${name}`, wrong };
    });
  }

  test('the focus is seen all the way through a lesson, and is never lost', async ({ page }) => {
    test.slow();
    await Lesson.open(page, 'cache-aside');
    const seen: string[] = [];
    const wrong: string[] = [];
    // Until it has left the page at its end, and begins anew.
    for (let presses = 0; presses < 150; presses++) {
      await page.keyboard.press('Tab');
      const here = await place(page);
      if (here.at.startsWith('body')) break;
      if (here.at === seen[0]) break;
      seen.push(here.at);
      wrong.push(...here.wrong.map((what) => `${here.at}: ${what}`));
    }
    expect(wrong).toEqual([]);
    expect(seen.length).toBeGreaterThan(40);
    expect(seen).toEqual(expect.arrayContaining(['button Lock in', 'button Apply', 'summary Hint', 'button Play', 'button Full screen']));
    // The text comes before the sandbox.
    expect(seen.indexOf('button Lock in')).toBeLessThan(seen.indexOf('button Play'));
  });

  test('a learner chooses, locks in, plays, applies and opens a hint', async ({ page }) => {
    test.slow();
    const lesson = await Lesson.open(page, 'cache-aside');
    const stays = async (what: string) => {
      expect((await place(page)).wrong, what).toEqual([]);
    };
    const press = async (target: ReturnType<typeof lesson.button>, key: string, what: string) => {
      await lesson.tabTo(target, 120);
      await stays(`before ${what}`);
      await page.keyboard.press(key);
    };
    const answer = lesson.prediction(/Which of the three reads will hit/);
    await press(answer.getByLabel('GET doe'), 'Space', 'a choice');
    await expect(answer.getByLabel('GET doe')).toBeChecked();
    await press(answer.getByRole('button', { name: 'Lock in' }), 'Enter', 'Lock in');
    await expect(answer).toHaveAttribute('data-state', 'locked');
    await stays('after Lock in');
    await expect(answer.getByRole('button', { name: 'Locked in' })).toBeFocused();

    await press(lesson.button('Play'), 'Enter', 'Play');
    await expect(lesson.receiptsOf(1).first()).toBeVisible();
    await press(lesson.button('Jump to end'), 'Enter', 'Jump to end');
    await expect(answer).toHaveAttribute('data-state', 'marked');
    await stays('after a run');
    await lesson.hasMet('two-hits-one-fill');

    const checkpoint = lesson.checkpoint('Empty Redis cache (force all misses)');
    await press(checkpoint.getByRole('button', { name: 'Apply' }), 'Enter', 'Apply');
    await expect(checkpoint.getByRole('status')).toContainText('Redis was emptied.');
    await expect(checkpoint.getByRole('button', { name: 'Apply' })).toBeFocused();
    await press(lesson.goal('three-misses').locator('summary').first(), 'Enter', 'a hint');
    await expect(lesson.goal('three-misses')).toContainText('A read misses when Redis does not hold its key.');
    await expect(lesson.goal('three-misses').getByText('A read misses when')).toBeVisible();
    await stays('after a hint');
    await press(lesson.text.getByRole('button', { name: 'Send GET doe' }), 'Enter', 'an example');
    await expect(lesson.text.locator('.receipts-of [data-outcome="miss"]')).toBeVisible();
    await stays('after an example');
    await press(lesson.button('Forget what I did in this lesson'), 'Enter', 'forgetting');
    await lesson.hasMet();
    await stays('after forgetting');
  });

  test('making, leaving and deleting a code does not lose the focus', async ({ page }) => {
    const academy = await Academy.open(page);
    const sandbox = new Sandbox(page);
    const press = async (name: string, says: RegExp) => {
      await sandbox.tabTo(academy.button(name));
      await page.keyboard.press('Enter');
      await expect(academy.said).toHaveText(says);
      expect.soft((await place(page)).wrong, `after ${name}`).toEqual([]);
    };
    await press('Make a sync code', /^The code is made/);
    await press('Stop syncing on this device', /^This device keeps/);
    await press('Make a sync code', /^The code is made/);
    await press('Delete the code', /^The code is deleted/);
  });
});
