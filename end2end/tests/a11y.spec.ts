import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { put, Sandbox, usual } from '../support/sandbox.ts';

/** What keeps people out, and where. */
async function barriers(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    for (const path of ['/', '/academy']) {
      test(`${path} keeps nobody out`, async ({ page }) => {
        await page.goto(path);
        await expect(page.locator('body[data-hydrated="true"]')).toBeAttached();
        expect(await barriers(page)).toEqual([]);
      });
    }

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
