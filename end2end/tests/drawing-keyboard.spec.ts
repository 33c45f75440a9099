import { type Locator } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

// A trace keeps the page as it was at each press of a key, and here are hundreds.
test.use({ trace: 'off' });

test('the textbook drawing can be built from an empty canvas with the keyboard alone, and runs', async ({ page }) => {
  test.slow(); // hundreds of presses of Tab
  const sandbox = await Sandbox.open(page);
  const { keyboard } = page;
  const press = async (target: Locator, key = 'Enter') => {
    await sandbox.tabTo(target);
    await keyboard.press(key);
  };
  // The focus moves with the next picture.
  const isKept = () => expect.poll(() => sandbox.focused()).not.toBe('BODY');

  // Away with what is there.
  for (let left = 4; left > 0; left--) {
    await press(sandbox.nodes().first(), 'Delete');
    await expect(sandbox.nodes()).toHaveCount(left - 1);
    await isKept();
  }

  // Four nodes, each moved away from where it was put.
  const moves = { client: 'ArrowLeft', server: 'ArrowRight', Redis: 'ArrowUp', Postgres: 'ArrowDown' };
  for (const [kind, arrow] of Object.entries(moves)) {
    await press(sandbox.button(`Add ${kind}`));
    const node = sandbox.nodes(kind.toLowerCase());
    await expect(node).toBeFocused();
    const before = await sandbox.place(node);
    await keyboard.press(arrow);
    await keyboard.press(arrow);
    await expect.poll(() => sandbox.place(node)).not.toEqual(before);
    await isKept();
  }

  // C, then the target and Enter.
  for (const [from, to] of [['client', 'server'], ['server', 'redis'], ['server', 'postgres']] as const) {
    const links = await sandbox.links().count();
    await press(sandbox.nodes(from), 'c');
    await press(sandbox.nodes(to));
    await expect(sandbox.links()).toHaveCount(links + 1);
    await isKept();
  }

  // Enter opens the inspector.
  await press(sandbox.nodes('client'));
  await expect(page.locator('#inspector-heading')).toBeFocused();
  await sandbox.tabTo(sandbox.field('Request key'));
  for (const key of ['rohan', 'doe']) {
    await keyboard.type(key);
    await keyboard.press('Enter');
    await expect(sandbox.nodes('client')).toContainText(`GET ${key}`);
    await expect(sandbox.field('Request key')).toBeFocused();
  }
  const put = async (kind: string, button: string, key: string) => {
    await press(sandbox.nodes(kind));
    await expect(page.locator('#inspector-heading')).toBeFocused();
    await press(sandbox.button(button));
    await expect(sandbox.field('Key')).toBeFocused();
    await keyboard.type(key);
    await keyboard.press('Tab');
    await keyboard.type(`of ${key}`);
    await keyboard.press('Enter');
    await expect(sandbox.row(key)).toContainText(`of ${key}`);
    await expect(sandbox.button(button)).toBeFocused();
  };
  await put('redis', 'Add key', 'rohan');
  await put('postgres', 'Add row', 'rohan');
  await put('postgres', 'Add row', 'doe');

  await press(sandbox.button('Play'));
  await expect(sandbox.receiptsOf(1).first()).toBeVisible();
  await press(sandbox.button('Jump to end'));
  await expect(sandbox.button('Play')).toBeVisible();
  await isKept();
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['miss', 'found', 'stored']);
});

test('a write policy, a switch, its number, and a link’s delay and condition are changed with the keyboard alone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const { keyboard } = page;
  await sandbox.tabTo(sandbox.node('server'));
  await keyboard.press('Enter');
  await expect(page.locator('#inspector-heading')).toBeFocused();
  await sandbox.tabTo(sandbox.switch('Circuit breaker'));
  await keyboard.press('Space');
  await expect(sandbox.switch('Circuit breaker')).toBeChecked();
  await expect(sandbox.switch('Circuit breaker')).toBeFocused();
  await keyboard.press('Tab');
  await expect(sandbox.field('Failures in a row')).toBeFocused();
  await keyboard.press('ArrowUp');
  await keyboard.press('Enter');
  await expect(sandbox.field('Failures in a row')).toHaveValue('4');
  await expect(sandbox.node('server')).toContainText('breaker closed');

  await keyboard.press('Shift+Tab');
  await keyboard.press('Space');
  await expect(sandbox.switch('Circuit breaker')).not.toBeChecked();
  await expect(sandbox.field('Failures in a row')).toHaveCount(0);

  await sandbox.tabTo(sandbox.node('server'));
  await keyboard.press('Enter');
  await expect(page.locator('#inspector-heading')).toBeFocused();
  await sandbox.tabTo(sandbox.field('Write policy'));
  await keyboard.press('ArrowDown');
  await expect(sandbox.field('Write policy')).toHaveValue('update');
  await expect(sandbox.field('Write policy')).toBeFocused();
  await expect(sandbox.node('server')).toContainText('update the cache');

  const link = sandbox.link('server-redis');
  await sandbox.tabTo(link);
  await keyboard.press('Enter');
  await expect(page.locator('#inspector-heading')).toBeFocused();
  await sandbox.tabTo(sandbox.field('Delay (ms)'));
  await keyboard.type('20');
  await keyboard.press('Enter');
  await expect(link).toContainText('+20 ms');
  await keyboard.press('Tab');
  await expect(sandbox.field('Condition')).toBeFocused();
  await keyboard.press('ArrowDown');
  await expect(link).toHaveAttribute('data-condition', 'cut');
  await expect(link).toHaveAccessibleName('Link from Server to Redis, +20 ms ✕ cut');
  await expect(sandbox.field('Condition')).toBeFocused();
  await sandbox.saved();
  await page.reload();
  await sandbox.isAlive();
  await expect(link).toHaveAttribute('data-condition', 'cut');
  await expect(sandbox.node('server')).toContainText('update the cache');
});

test('the focus is never lost: not by adding, deleting, undoing or redoing', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const { keyboard } = page;
  await sandbox.node('redis').focus();
  for (const key of ['Delete', 'Control+z', 'Control+y', 'Control+z', 'Control+Shift+z', 'Control+z']) {
    await keyboard.press(key);
    // Where it goes is decided with the next picture.
    await page.evaluate(() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))));
    expect(await sandbox.focused(), `after ${key}`).not.toBe('BODY');
  }
  await sandbox.link('server-postgres').focus();
  await keyboard.press('Delete');
  await expect(sandbox.links()).toHaveCount(2);
  await expect(sandbox.node('server')).toBeFocused();
  await sandbox.button('Add client').focus();
  await keyboard.press('Enter');
  await expect(sandbox.nodes('client').last()).toBeFocused();
  await keyboard.press('Control+z');
  await expect(sandbox.nodes('client')).toHaveCount(1);
  await page.evaluate(() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))));
  expect(await sandbox.focused(), 'after undoing an addition').not.toBe('BODY');
  await sandbox.node('server').focus();
  await keyboard.press('Enter');
  await expect(page.locator('#inspector-heading')).toBeFocused();
  await sandbox.tabTo(sandbox.button('Delete node'));
  await keyboard.press('Enter');
  await expect(sandbox.nodes()).toHaveCount(3);
  await expect.poll(() => sandbox.focused(), 'after Delete node').not.toBe('BODY');
});

test('Tab walks the nodes in the order of the drawing, before the links', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('client').focus();
  const met: string[] = [];
  for (let presses = 0; presses < 10; presses++) {
    met.push(await sandbox.focused());
    await page.keyboard.press('Tab');
  }
  expect(met).toEqual([
    'client', 'Play Client', 'server', 'redis', 'Power off Redis', 'postgres', 'Power off Postgres',
    'Link from Client to Server', 'Link from Server to Redis', 'Link from Server to Postgres',
  ]);
});

test('Tab to a node that is out of sight moves the view to it', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.button('Play Client').focus();
  const surface = sandbox.canvas.locator('.surface');
  const { x, y } = await sandbox.at(300, 400);
  await page.mouse.move(x, y);
  await page.mouse.wheel(3_000, 2_000);
  await expect(sandbox.node('server')).not.toBeInViewport();
  await page.keyboard.press('Tab');
  await expect(sandbox.node('server')).toBeFocused();
  await expect(sandbox.node('server')).toBeInViewport({ ratio: 1 });
  expect(await surface.evaluate(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop])).toEqual([0, 0]);
});

test('Escape gives a link up that was begun with C, and a forbidden one is refused in a sentence', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const { keyboard } = page;
  const before = await sandbox.drawing();
  await sandbox.node('client').focus();
  await keyboard.press('c');
  await expect(sandbox.node('client')).toHaveAttribute('data-linking', 'source');
  await keyboard.press('Escape');
  await expect(sandbox.node('client')).not.toHaveAttribute('data-linking');
  await sandbox.tabTo(sandbox.node('redis'));
  await keyboard.press('Enter');
  await expect(page.locator('#inspector-heading')).toBeFocused();
  expect(await sandbox.drawing()).toEqual(before);

  await sandbox.node('client').focus();
  await keyboard.press('C');
  await sandbox.tabTo(sandbox.node('postgres'));
  await keyboard.press('Enter');
  await expect(sandbox.notice()).toContainText('A client never talks to a store itself');
  expect(await sandbox.drawing()).toEqual(before);
});

test('arrows move by the grid, and a held arrow is one edit', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const first = await sandbox.drawing();
  await sandbox.node('server').focus();
  await page.keyboard.down('ArrowDown');
  await page.keyboard.down('ArrowDown');
  await page.keyboard.down('ArrowDown');
  await page.keyboard.up('ArrowDown');
  expect(await sandbox.place(sandbox.node('server'))).toEqual({ x: 384, y: 264 });
  await page.keyboard.press('Alt+ArrowRight');
  expect(await sandbox.place(sandbox.node('server'))).toEqual({ x: 385, y: 264 });
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  expect(await sandbox.drawing()).toEqual(first);
});

test('in a field Ctrl+Z is the text’s own, and Delete deletes letters', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('server'));
  await sandbox.field('Name').focus();
  await page.keyboard.press('End');
  await page.keyboard.type('!!');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+z');
  await expect(sandbox.nodes()).toHaveCount(4);
  await page.keyboard.press('Escape');
  await expect(sandbox.field('Name')).toHaveValue('Server');
});
