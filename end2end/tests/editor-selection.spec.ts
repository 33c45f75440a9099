import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

const place = (sandbox: Sandbox, id: string) => sandbox.place(sandbox.node(id));

const ids = ['client', 'server', 'redis', 'postgres'] as const;
type Id = (typeof ids)[number];
const places = async (sandbox: Sandbox) => {
  const entries = ids.map(async (id) => [id, await place(sandbox, id)] as const);
  return Object.fromEntries(await Promise.all(entries)) as Record<Id, { x: number; y: number }>;
};
const selected = (sandbox: Sandbox) => sandbox.canvas.locator('.card.selected');

test('a click with Shift adds a node or a link to what is selected, and takes it away again', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await page.keyboard.down('Shift');
  await sandbox.select(sandbox.node('postgres'));
  await sandbox.link('client-server').locator('.link-reach').click({ force: true });
  await page.keyboard.up('Shift');
  await expect(selected(sandbox)).toHaveCount(2);
  await expect(sandbox.link('client-server')).toHaveClass(/selected/);
  await expect(sandbox.inspector.getByRole('heading', { level: 2 })).toHaveText('2 nodes, 1 link selected');
  await page.keyboard.down('Shift');
  await sandbox.select(sandbox.node('postgres'));
  await page.keyboard.up('Shift');
  await expect(selected(sandbox)).toHaveCount(1);
  await expect(sandbox.node('redis')).toHaveClass(/selected/);
  await page.keyboard.press('Escape');
  await expect(selected(sandbox)).toHaveCount(0);
});

test('a lasso catches what it touches, and what is selected moves together as one edit', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await places(sandbox);
  const [redis, postgres] = [(await sandbox.node('redis').boundingBox())!, (await sandbox.node('postgres').boundingBox())!];
  await page.keyboard.down('Shift');
  await sandbox.drag({ x: redis.x - 20, y: redis.y - 20 }, { x: postgres.x + 30, y: postgres.y + 30 }, false);
  await expect(sandbox.canvas.locator('.lasso')).toHaveAttribute('d', /^M/);
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await expect(sandbox.canvas.locator('.lasso')).toHaveAttribute('d', '');
  await expect(selected(sandbox)).toHaveCount(2);

  const { x, y } = await sandbox.center(sandbox.node('redis'));
  await sandbox.drag({ x, y: y + 30 }, { x: x - 90, y: y + 120 });
  const after = await places(sandbox);
  expect(after.client).toEqual(before.client);
  expect(after.redis).not.toEqual(before.redis);
  const way = (id: Id) => ({ x: after[id].x - before[id].x, y: after[id].y - before[id].y });
  expect(way('redis')).toEqual(way('postgres'));
  await sandbox.button('Undo').click();
  expect(await places(sandbox)).toEqual(before);
  await expect(sandbox.button('Undo')).toHaveAttribute('aria-disabled', 'true');
});

test('the arrows move all that is selected, and Delete deletes it; each is one edit', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await places(sandbox);
  await sandbox.node('server').focus();
  await page.keyboard.press('Control+a');
  await expect(selected(sandbox)).toHaveCount(4);
  await expect(page.locator('[aria-live="polite"].visually-hidden')).toHaveText('4 nodes selected');
  await page.keyboard.press('ArrowDown');
  const moved = await places(sandbox);
  for (const id of ids) expect(moved[id]).toEqual({ x: before[id].x, y: before[id].y + 24 });
  await page.keyboard.press('Delete');
  await expect(sandbox.nodes()).toHaveCount(0);
  await expect(sandbox.links()).toHaveCount(0);
  expect(await sandbox.focused(), 'the focus is never lost').not.toBe('BODY');
  await page.keyboard.press('Control+z');
  await expect(sandbox.nodes()).toHaveCount(4);
  await expect(sandbox.links()).toHaveCount(3);
  await page.keyboard.press('Control+z');
  expect(await places(sandbox)).toEqual(before);
});

test('nodes are aligned and distributed from the inspector', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('client').focus();
  await page.keyboard.press('Control+a');
  await sandbox.button('Align left').click();
  const aligned = await places(sandbox);
  expect(new Set(ids.map((id) => aligned[id].x)).size).toBe(1);
  await sandbox.button('Undo').click();
  await sandbox.button('Distribute across').click();
  const xs = Object.values(await places(sandbox)).map(({ x }) => x).sort((a, b) => a - b);
  const steps = xs.slice(1).map((x, index) => x - xs[index]!);
  expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1);
});

test('while a node is dragged, guides show with what it is in line', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const [from, to] = [await sandbox.center(sandbox.node('redis')), await sandbox.center(sandbox.node('server'))];
  const guides = page.getByTestId('guides');
  await expect(guides).toHaveAttribute('d', '');
  await sandbox.drag({ x: from.x, y: from.y + 20 }, { x: from.x + 40, y: to.y + 22 }, false);
  await expect(guides).toHaveAttribute('d', /^M-?\d+,-?\d+H/);
  await page.mouse.up();
  await expect(guides).toHaveAttribute('d', '');
  expect((await place(sandbox, 'redis')).y).toBe((await place(sandbox, 'server')).y);
});

test('tidying up is one edit that can be undone, and moves nothing twice', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const { x, y } = await sandbox.center(sandbox.node('client'));
  await sandbox.drag({ x, y: y + 30 }, { x: x + 130, y: y + 190 });
  const untidy = await places(sandbox);
  await sandbox.node('client').focus();
  await page.keyboard.press('t');
  await expect(page.locator('[aria-live="polite"].visually-hidden')).toHaveText('The drawing is tidy.');
  const tidy = await places(sandbox);
  expect(tidy.client.x).toBeLessThan(tidy.server.x);
  expect(tidy.server.x).toBeLessThan(tidy.redis.x);
  expect(tidy.redis.x).toBe(tidy.postgres.x);
  await page.keyboard.press('t');
  await expect(page.locator('[aria-live="polite"].visually-hidden')).toHaveText('The drawing is tidy already.');
  expect(await places(sandbox)).toEqual(tidy);
  await sandbox.button('Undo').click();
  expect(await places(sandbox)).toEqual(untidy);
});
