import { readFile } from 'node:fs/promises';

import { AxeBuilder } from '@axe-core/playwright';
import { type Locator, type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

interface File {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** Saves the run that is shown. */
async function save(sandbox: Sandbox): Promise<File> {
  const download = sandbox.page.waitForEvent('download');
  await sandbox.button('Save recording').click();
  const done = await download;
  return { name: done.suggestedFilename(), mimeType: 'application/json', buffer: await readFile(await done.path()) };
}

async function open(page: Page, file: File, label = 'Open recording') {
  await page.getByLabel(label, { exact: true }).setInputFiles(file);
}

const recordings = (page: Page) => page.getByRole('region', { name: 'Recordings' });

/** Command, outcome and time of each receipt in there. */
function lines(within: Locator): Promise<string[]> {
  return within.locator('.receipt-line').evaluateAll((all) => all.map((line) => (line as HTMLElement).innerText));
}

test('a run is saved as a file, and anyone replays and scrubs it without stores and without a network', async ({ page, stranger }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  const receipts = await lines(sandbox.receipts);
  const file = await save(sandbox);
  expect(file.name).toBe('cache-aside-run-1.aside-recording.json');
  await expect(sandbox.notice()).toContainText('Saved as cache-aside-run-1');
  // What is drawn now has nothing to do with it.
  await sandbox.select(sandbox.node('postgres'));
  await page.keyboard.press('Delete');

  const other = await Sandbox.open(stranger);
  const before = await other.drawing();
  await stranger.context().setOffline(true);
  const asked: string[] = [];
  stranger.on('request', (request) => asked.push(request.url()));
  await open(stranger, file);
  const shown = recordings(stranger);
  await expect(shown).toBeFocused();
  await expect(shown.locator('[data-node-id="postgres"]')).toBeVisible();
  expect(await lines(shown)).toEqual(receipts);

  const slider = shown.getByRole('slider', { name: 'Timeline' });
  await expect(shown.getByTestId('frame-counter')).toHaveText('Frame 16 of 16');
  await slider.focus();
  await stranger.keyboard.press('Home');
  await expect(shown.getByTestId('frame-counter')).toHaveText('Frame 0 of 16');
  await stranger.keyboard.press('ArrowRight');
  await expect(shown.getByTestId('frame-counter')).toHaveText('Frame 1 of 16');
  await expect(shown.locator('.packet:not([hidden])')).toHaveText('GET rohan');
  await shown.getByRole('button', { name: 'Replay', exact: true }).click();
  await expect(shown.getByRole('button', { name: 'Pause' })).toBeVisible();
  await shown.getByRole('button', { name: 'Jump to end' }).click();
  // Nothing of it can be changed, and its cards tell what its stores did.
  await shown.locator('[data-node-id="redis"]').focus();
  await stranger.keyboard.press('Delete');
  await expect(shown.locator('[data-node-id="redis"]')).toContainText('4 commands');
  await expect(shown.locator('[data-node-id="redis"]')).toContainText('2 hits, 1 miss');
  expect(asked.filter((url) => !url.endsWith('/events'))).toEqual([]);

  await shown.press('Escape');
  await expect(shown).toBeHidden();
  await expect(stranger.getByLabel('Open recording', { exact: true })).toBeFocused();
  await stranger.context().setOffline(false);
  expect(await other.drawing()).toEqual(before);
  await other.play(1);
});

test('two recordings are compared beside each other', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  const cold = await save(sandbox);
  await sandbox.play(2);
  const warm = await save(sandbox);
  await open(page, cold);
  await open(page, warm, 'Compare with another');
  const shown = recordings(page);
  const panes = shown.locator('[data-place]');
  await expect(panes).toHaveCount(2);
  await expect(panes.nth(0).locator('.receipt-line')).toHaveCount(8);
  await expect(panes.nth(1).locator('.receipt-line')).toHaveCount(6);
  const [left, right] = [await panes.nth(0).boundingBox(), await panes.nth(1).boundingBox()];
  expect(left!.x + left!.width).toBeLessThanOrEqual(right!.x + 1);

  const rows = shown.getByRole('row');
  const cells = async (row: number) => (await rows.nth(row).getByRole('cell').allInnerTexts()).slice(0, 6);
  expect(await cells(1)).toEqual(['3', '2', '1', '4', '1', '0']);
  expect(await cells(2)).toEqual(['3', '3', '0', '3', '0', '0']);
  await expect(rows.nth(1).getByRole('cell').last()).toHaveText(/^[\d.]+ (µs|ms)$/);

  // Each is where its own viewer is, until both are sent to the start.
  await panes.nth(0).getByRole('button', { name: 'Jump to start' }).click();
  await expect(panes.nth(1).getByTestId('frame-counter')).toHaveText('Frame 12 of 12');
  await shown.getByRole('button', { name: 'Replay all' }).click();
  for (const pane of [panes.nth(0), panes.nth(1)]) {
    await expect(pane.getByRole('button', { name: 'Pause' })).toBeVisible();
    await expect(pane.locator('.packet:not([hidden])').first()).toBeVisible();
  }
  // A third takes the place of the second.
  await open(page, cold, 'Compare with another');
  await expect(panes.nth(1).locator('.receipt-line')).toHaveCount(8);
  await panes.nth(0).getByRole('button', { name: 'Close this recording' }).click();
  await expect(panes).toHaveCount(1);
  await shown.getByRole('button', { name: 'Back to the sandbox' }).click();
  await expect(shown).toBeHidden();
  await sandbox.play(3);
});

test('the drawing of a recording can be taken over, and that be undone', async ({ page, stranger }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('server'));
  await sandbox.rename('API');
  await sandbox.play(1);
  const file = await save(sandbox);
  const other = await Sandbox.open(stranger);
  await open(stranger, file);
  await recordings(stranger).getByRole('button', { name: 'Use this drawing' }).click();
  await expect(other.node('server')).toHaveAttribute('aria-label', 'Server: API');
  await expect(other.notice()).toContainText('Undo brings back what you had');
  await other.button('Undo').click();
  await expect(other.node('server')).toHaveAttribute('aria-label', 'Server: Server');
});

test('a file that is none, or damaged, is told in a sentence, and opens nothing', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  const file = await save(sandbox);
  const text = file.buffer.toString();
  const cases: [string, RegExp][] = [
    ['', /This is not a recording/],
    [text.slice(0, -40), /This is not a recording/],
    [JSON.stringify({ ...JSON.parse(text), events: JSON.parse(text).events.slice(2) }), /This recording is damaged: no run starts in it/],
    [text.replace('"recording":1', '"recording":99'), /A newer version of Aside wrote it/],
    [JSON.stringify(JSON.parse(text).scenario), /it is a scenario, to be imported/],
  ];
  for (const [content, sentence] of cases) {
    await open(page, { ...file, buffer: Buffer.from(content) });
    await expect(sandbox.notice()).toContainText(sentence);
    await expect(recordings(page)).toBeHidden();
    await sandbox.notice().getByRole('button', { name: 'Dismiss message' }).click();
  }
  await open(page, file, 'Import scenario');
  await expect(sandbox.notice()).toContainText('it is a recording, to be opened as one');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('two recordings keep nobody out, and fit on a phone', async ({ page }) => {
      const sandbox = await Sandbox.open(page);
      await sandbox.play(1);
      const file = await save(sandbox);
      await open(page, file);
      await open(page, file, 'Compare with another');
      await expect(recordings(page).locator('.receipt-line')).toHaveCount(16);
      const { violations } = await new AxeBuilder({ page }).include('.recordings').analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(390);
    });
  });
}
