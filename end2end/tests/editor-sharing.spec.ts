import { readFile } from 'node:fs/promises';

import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

async function linkOf(sandbox: Sandbox): Promise<string> {
  await sandbox.button('Share').click();
  const dialog = sandbox.page.getByRole('dialog', { name: 'Share' });
  await expect(dialog.getByLabel('Link')).toHaveValue(/\/sandbox#drawing=/);
  await dialog.getByRole('button', { name: 'Copy link' }).click();
  await expect(sandbox.notice()).toContainText('The link is copied.');
  await dialog.getByRole('button', { name: 'Close' }).click();
  return sandbox.page.evaluate(() => navigator.clipboard.readText());
}

test('a link holds the whole scenario, and opens as a copy for somebody else', async ({ page, stranger }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('server'));
  await sandbox.rename('API');
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Add key').click();
  await sandbox.put('mary', 'Mary, Cork');
  const drawing = await sandbox.drawing();
  const link = await linkOf(sandbox);
  expect(new URL(link).pathname).toBe('/sandbox');

  const other = await Sandbox.open(stranger, link.replace(/^.*\/sandbox/, '/sandbox'));
  await expect(other.notice()).toContainText('This is your own copy of “Cache-aside”');
  await expect.poll(() => other.drawing()).toEqual(drawing);
  expect(new URL(stranger.url()).hash, 'reloading opens it no second time').toBe('');
  await other.select(other.node('redis'));
  await expect(other.row('mary')).toContainText('Mary, Cork');
  await other.play(1);
  await other.button('Undo').click();
  await expect(other.node('server')).toHaveAttribute('aria-label', 'Server: Server');
  // What the other does with the copy changes nothing here.
  expect(await sandbox.drawing()).toEqual(drawing);
});

test('a mangled link is told in a sentence, whatever is wrong with it, and changes nothing', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await sandbox.drawing();
  const letters = (await linkOf(sandbox)).split('#drawing=')[1]!;
  // Numbers that look random, and are the same each time.
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const mangled = ['', '%', 'AAAA', '!!!!', letters.slice(0, -7), letters + letters];
  for (let index = 0; index < 24; index++) {
    const at = random(letters.length);
    mangled.push(letters.slice(0, at) + 'Zz9_-'[random(5)] + letters.slice(at + 1));
  }
  for (const text of mangled) {
    await page.evaluate((text) => { window.location.hash = `drawing=${text}`; }, text);
    await expect.poll(() => new URL(page.url()).hash).toBe('');
    // One letter may differ and mean the same, or another drawing that is one; then that is opened, and undone here.
    await expect(sandbox.notice()).toContainText(/damaged|cannot be used|your own copy/);
    if ((await sandbox.notice().textContent())!.includes('your own copy')) await sandbox.button('Undo').click();
    await sandbox.notice().getByRole('button', { name: 'Dismiss message' }).click();
    expect((await sandbox.drawing()).length).toBe(before.length);
  }
});

test('the drawing is exported as SVG and as PNG, in the colours of the page and with what the cards tell', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  await expect(sandbox.node('redis')).toContainText('2 hits, 1 miss');
  const file = async (name: string) => {
    await sandbox.button('Share').click();
    const download = page.waitForEvent('download');
    await page.getByRole('dialog', { name: 'Share' }).getByRole('button', { name }).click();
    const done = await download;
    await page.getByRole('dialog', { name: 'Share' }).getByRole('button', { name: 'Close' }).click();
    return { name: done.suggestedFilename(), bytes: await readFile(await done.path()) };
  };
  const svg = await file('Export SVG');
  expect(svg.name).toBe('cache-aside.svg');
  const text = svg.bytes.toString();
  for (const part of ['xmlns="http://www.w3.org/2000/svg"', 'GET rohan', 'Postgres', '3 keys', '2 hits, 1 miss', 'font-family:']) expect(text).toContain(part);
  expect(text).not.toContain('var(--');

  const png = await file('Export PNG');
  expect(png.name).toBe('cache-aside.png');
  expect([...png.bytes.subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  const [width, height] = [png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)];
  expect(width).toBeGreaterThan(1_500);
  // It is no empty paper: there are many colours in it.
  const colours = await page.evaluate(async (url) => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const colours = new Set<number>();
    for (let at = 0; at < data.length; at += 4) colours.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
    return colours.size;
  }, `data:image/png;base64,${png.bytes.toString('base64')}`);
  expect(colours).toBeGreaterThan(20);
  expect(height).toBeGreaterThan(500);
});

test('each scenario of the gallery is shown with its picture, starts, and can be undone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await sandbox.drawing();
  const names = [
    'Cache-aside', 'No cache', 'Cache without a database', 'Two servers sharing a cache', 'Two cache levels',
    'Two clients racing', 'A dead cache',
  ];
  for (const name of names) {
    await sandbox.button('Gallery').click();
    const item = page.getByRole('dialog', { name: 'Gallery' }).getByRole('button', { name, exact: true });
    await expect(item.locator('svg .picture-card').first()).toBeVisible();
    await item.click();
    await expect(page.locator('.topbar-title')).toHaveText(name);
  }
  await sandbox.button('Play').click();
  await expect(sandbox.receipts.locator('[data-outcome="refused"]').first()).toBeVisible();
  for (const name of ['Cache-aside', ...names.slice(0, -1)].reverse()) {
    await sandbox.button('Undo').click();
    await expect(page.locator('.topbar-title')).toHaveText(name);
  }
  expect(await sandbox.drawing()).toEqual(before);
});
