import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** What screen readers are told, from now on. */
async function told(page: Page): Promise<() => Promise<string>> {
  const all = await page.evaluateHandle(() => {
    const all: string[] = [];
    const look = () => document.querySelectorAll('.workbench > [aria-live]').forEach((region) => all.push(region.textContent!));
    new MutationObserver(look).observe(document.querySelector('.workbench')!, { subtree: true, childList: true, characterData: true });
    return all;
  });
  return () => all.evaluate((all) => all.join(' | '));
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('menus, palette, sheet, gallery, sharing and many selected nodes keep nobody out', async ({ page }) => {
      test.slow();
      const sandbox = await Sandbox.open(page);
      await sandbox.node('server').focus();
      await page.keyboard.press('Shift+F10');
      await expect(page.getByRole('menu')).toBeVisible();
      expect.soft(await barriers(page), 'a context menu').toEqual([]);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+a');
      expect.soft(await barriers(page), 'several nodes').toEqual([]);
      for (const [key, name] of [['Control+k', 'Command palette'], ['?', 'Keyboard shortcuts']] as const) {
        await page.keyboard.press(key);
        await expect(page.getByRole('dialog', { name })).toBeVisible();
        expect.soft(await barriers(page), name).toEqual([]);
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog', { name })).toBeHidden();
      }
      for (const name of ['Gallery', 'Share']) {
        await sandbox.button(name).click();
        await expect(page.getByRole('dialog', { name }).getByRole('button', { name: 'Close' })).toBeVisible();
        expect.soft(await barriers(page), name).toEqual([]);
        await page.keyboard.press('Escape');
      }
    });
  });
}

test('adding, connecting, arranging, deleting and undoing are told to screen readers', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const words = await told(page);
  await sandbox.button('Add Redis').press('Enter');
  await page.keyboard.press('Escape');
  await sandbox.node('server').focus();
  await page.keyboard.press('c');
  await sandbox.nodes('redis').last().focus();
  await page.keyboard.press('Enter');
  await expect(sandbox.links()).toHaveCount(4);
  await page.keyboard.press('ArrowRight');
  await sandbox.node('server').focus(); // the key went up
  await page.keyboard.press('Control+a');
  await page.keyboard.press('t');
  await page.keyboard.press('Control+z');
  await sandbox.nodes('redis').last().focus();
  await page.keyboard.press('Escape');
  await sandbox.node('postgres').focus();
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+z');
  for (const what of [/added/i, /linked/i, /Moved to -?\d+, -?\d+\./, /5 nodes selected/, /tidy/, /Postgres deleted\./, /Undone\./]) {
    await expect.poll(words).toMatch(what);
  }
});

test('the keyboard gathers a selection part by part, wherever the focus goes between', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('client').focus();
  await page.keyboard.press('m');
  await page.keyboard.press('Tab');
  while (!(await sandbox.node('redis').evaluate((card) => card === document.activeElement))) await page.keyboard.press('Tab');
  await expect(sandbox.node('client')).toHaveClass(/selected/);
  await expect(sandbox.node('redis')).not.toHaveClass(/selected/);
  await page.keyboard.press('m');
  await expect(sandbox.canvas.locator('.card.selected')).toHaveCount(2);
  await page.keyboard.press('m');
  await expect(sandbox.canvas.locator('.card.selected')).toHaveCount(1);
  await page.keyboard.press('m');
  await page.keyboard.press('Delete');
  await expect(sandbox.nodes()).toHaveCount(2);
  await page.keyboard.press('Escape');
  for (const id of ['postgres', 'server']) {
    await sandbox.node(id).focus();
    await expect(sandbox.node(id)).toHaveClass(/selected/);
  }
});

test('after deleting and undoing, the focus is somewhere', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const focus = () => page.evaluate(() => document.activeElement!.tagName);
  await sandbox.node('server').focus();
  for (const key of ['Delete', 'Control+z', 'Control+Shift+z', 'Control+z', 'Control+a', 'Delete', 'Control+z', 't', 'Control+d', 'Delete']) {
    await page.keyboard.press(key);
    await expect.poll(focus, key).not.toBe('BODY');
  }
});

test('the drawing is painted before any WebAssembly has arrived', async ({ page }) => {
  await page.route('**/*.wasm', () => {}); // it never comes
  await page.goto('/sandbox');
  for (const id of ['client', 'server', 'redis', 'postgres']) await expect(page.locator(`[data-node-id="${id}"]`)).toBeInViewport();
  await expect(page.locator('[data-link]')).toHaveCount(3);
  const paints = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length);
  expect(paints).toBe(1);
  await expect(page.locator('body')).not.toHaveAttribute('data-hydrated', 'true');
});
