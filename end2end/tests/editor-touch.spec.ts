import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

/** Fingers on the screen, as Chromium itself tells of them. */
async function fingers(sandbox: Sandbox) {
  const client = await sandbox.page.context().newCDPSession(sandbox.page);
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: { x: number; y: number }[]) =>
    client.send('Input.dispatchTouchEvent', { type, touchPoints: points.map((point, id) => ({ ...point, id })) });
  return {
    down: (...points: { x: number; y: number }[]) => send('touchStart', points),
    move: (...points: { x: number; y: number }[]) => send('touchMove', points),
    up: () => send('touchEnd', []),
  };
}

test('a tap on a port and a tap on a node link them', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.link('client-server').focus();
  await page.keyboard.press('Delete');
  await expect(sandbox.links()).toHaveCount(2);
  const port = await sandbox.center(sandbox.node('client').locator('[data-port="out"]'));
  await page.touchscreen.tap(port.x, port.y);
  await expect(sandbox.node('client')).toHaveAttribute('data-linking', 'source');
  const server = await sandbox.center(sandbox.node('server'));
  await page.touchscreen.tap(server.x, server.y);
  await expect(sandbox.links()).toHaveCount(3);
});

test('a node follows the finger, and the page does not scroll under it', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('server').scrollIntoViewIfNeeded();
  const before = await sandbox.place(sandbox.node('server'));
  const scrolled = await page.evaluate(() => window.scrollY);
  const { x, y } = await sandbox.center(sandbox.node('server'));
  const hand = await fingers(sandbox);
  await hand.down({ x, y });
  for (let step = 1; step <= 8; step++) await hand.move({ x: x + 4 * step, y: y + 6 * step });
  await hand.up();
  await expect.poll(() => sandbox.place(sandbox.node('server'))).not.toEqual(before);
  expect(await page.evaluate(() => window.scrollY)).toBe(scrolled);
});

test('a long press opens the menu, and a short one does not', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const { x, y } = await sandbox.center(sandbox.node('redis'));
  await page.touchscreen.tap(x, y);
  await expect(page.getByRole('menu')).toBeHidden();
  const hand = await fingers(sandbox);
  await hand.down({ x, y });
  await expect(page.getByRole('menu')).toBeVisible();
  await hand.up();
  await expect(page.getByRole('menu')).toBeVisible();
  const item = page.getByRole('menuitem', { name: 'Duplicate' });
  expect((await item.boundingBox())!.height).toBeGreaterThanOrEqual(24);
  await item.tap();
  await expect(sandbox.nodes('redis')).toHaveCount(2);
});

test('two fingers zoom and move the drawing, and move no node', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await sandbox.drawing();
  const { x, y } = await sandbox.at(190, 60);
  const hand = await fingers(sandbox);
  const width = (await sandbox.node('redis').boundingBox())!.width;
  await hand.down({ x: x - 20, y });
  await hand.down({ x: x - 20, y }, { x: x + 20, y });
  for (let step = 1; step <= 8; step++) await hand.move({ x: x - 20 - 6 * step, y }, { x: x + 20 + 6 * step, y });
  await hand.up();
  await expect.poll(async () => (await sandbox.node('redis').boundingBox())!.width).toBeGreaterThan(1.5 * width);
  expect(await sandbox.drawing()).toEqual(before);
});

test('two fingers zoom although one of them lies on a node, which stays where it is', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await sandbox.drawing();
  const node = await sandbox.center(sandbox.node('redis'));
  const free = { x: node.x, y: node.y + 90 };
  const hand = await fingers(sandbox);
  const width = (await sandbox.node('redis').boundingBox())!.width;
  await hand.down(node);
  await hand.down(node, free);
  for (let step = 1; step <= 8; step++) await hand.move({ x: node.x, y: node.y - 8 * step }, { x: free.x, y: free.y + 8 * step });
  await hand.up();
  await expect.poll(async () => (await sandbox.node('redis').boundingBox())!.width).toBeGreaterThan(1.5 * width);
  expect(await sandbox.drawing()).toEqual(before);
});
