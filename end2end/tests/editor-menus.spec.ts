import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

const item = (sandbox: Sandbox, name: string) => sandbox.page.getByRole('menuitem', { name });

test('the menu of a node is about that node, the menu of the canvas about the drawing', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const card = await sandbox.center(sandbox.node('redis'));
  await page.mouse.click(card.x, card.y + 20, { button: 'right' });
  await expect(page.getByRole('menu')).toBeVisible();
  await expect(sandbox.node('redis')).toHaveClass(/selected/);
  await item(sandbox, 'Duplicate').click();
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(sandbox.nodes('redis')).toHaveCount(2);

  const free = await sandbox.at(300, 430);
  await page.mouse.click(free.x, free.y, { button: 'right' });
  await item(sandbox, 'Add client').click();
  const added = await sandbox.center(sandbox.nodes('client').last());
  expect(Math.hypot(added.x - free.x, added.y - free.y)).toBeLessThan(25);
});

test('the menu of a link deletes it', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const middle = await sandbox.link('server-redis').locator('.link-line').evaluate((path: SVGPathElement) => {
    const point = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM()!);
    return { x: point.x, y: point.y };
  });
  await page.mouse.click(middle.x, middle.y, { button: 'right' });
  await item(sandbox, 'Delete').click();
  await expect(sandbox.links()).toHaveCount(2);
});

test('a menu is walked with the arrows, closes with Escape, and gives the focus back', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('server').focus();
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menu')).toBeVisible();
  const first = await sandbox.page.getByRole('menuitem').first().textContent();
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('End');
  await expect(page.getByRole('menuitem').last()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem').first()).toHaveText(first!);
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(sandbox.node('server')).toBeFocused();
});

test('the command palette finds every action and every node', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await expect(palette).toBeVisible();
  await expect(palette.getByRole('option', { name: 'Undo' })).toContainText('Ctrl');
  await page.keyboard.type('select all');
  await expect(palette.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(palette).toBeHidden();
  await expect(sandbox.canvas.locator('.card.selected')).toHaveCount(4);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('postg');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(sandbox.node('postgres')).toBeFocused();
  await expect(sandbox.canvas.locator('.card.selected')).toHaveCount(1);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('nothing like it');
  await expect(palette.getByRole('option')).toHaveText('Nothing of that name.');
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
});

test('the sheet lists the shortcuts', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('server').focus();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toContainText('Select all');
  await expect(sheet).toContainText('Shift');
  await sheet.getByRole('button', { name: 'Close' }).click();
  await expect(sheet).toBeHidden();
  await expect(sandbox.node('server')).toBeFocused();
});

test('zoom is told, and fits the drawing, the selection and life', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const level = sandbox.canvas.locator('.zoom-level');
  await sandbox.node('redis').focus();
  await page.keyboard.press('Shift+Digit2');
  const near = Number.parseInt((await level.textContent())!);
  await page.keyboard.press('+');
  await expect.poll(async () => Number.parseInt((await level.textContent())!)).toBeGreaterThan(near);
  await page.keyboard.press('Shift+Digit0');
  await expect(level).toHaveText('100 %');
  await page.keyboard.press('Shift+Digit1');
  for (const id of ['client', 'server', 'redis', 'postgres']) await expect(sandbox.node(id)).toBeInViewport({ ratio: 1 });
});

test('the minimap shows all of it, and a press there goes there', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const map = page.getByTestId('minimap');
  await expect(map.locator('path[data-tint]')).toHaveCount(4);
  const before = await sandbox.canvas.locator('.world').getAttribute('style');
  const box = (await map.boundingBox())!;
  await page.mouse.click(box.x + 12, box.y + box.height / 2);
  await expect(sandbox.canvas.locator('.world')).not.toHaveAttribute('style', before!);
});
