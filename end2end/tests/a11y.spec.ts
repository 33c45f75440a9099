import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

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
