import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

const names = (sandbox: Sandbox) => sandbox.nodes().evaluateAll((cards) => cards.map((card) => card.getAttribute('aria-label')));

test('what is copied comes with the links among it, under free names, as one edit', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await sandbox.drawing();
  await sandbox.node('client').focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+v');
  await expect(sandbox.nodes()).toHaveCount(8);
  await expect(sandbox.links()).toHaveCount(6);
  await expect(sandbox.canvas.locator('.card.selected')).toHaveCount(4);
  expect(await names(sandbox)).toEqual(expect.arrayContaining(['Client: Client 2', 'Server: Server 2', 'Redis: Redis 2', 'Postgres: Postgres 2']));
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied.graph.nodes).toHaveLength(4);
  await page.keyboard.press('Control+z');
  expect(await sandbox.drawing()).toEqual(before);
});

test('a part is copied from tab to tab, and what was pasted runs', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('client'));
  await page.keyboard.down('Shift');
  await sandbox.select(sandbox.node('server'));
  await page.keyboard.up('Shift');
  await page.keyboard.press('Control+c');
  await page.goto('/academy/cache-aside');
  const other = await context.newPage();
  const lesson = await Sandbox.open(other, '/academy/redis');
  const count = await lesson.nodes().count();
  await lesson.nodes().first().focus();
  await other.keyboard.press('Control+v');
  await expect(lesson.nodes()).toHaveCount(count + 2);
});

test('cutting takes away what pasting brings back', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('redis').focus();
  await page.keyboard.press('Control+x');
  await expect(sandbox.nodes()).toHaveCount(3);
  await page.keyboard.press('Control+v');
  await expect(sandbox.nodes()).toHaveCount(4);
  await expect(sandbox.nodes('redis')).toHaveAttribute('aria-label', 'Redis: Redis');
});

test('duplicating puts a second one beside, and leaves the clipboard alone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await page.evaluate(() => navigator.clipboard.writeText('mine'));
  await sandbox.node('server').focus();
  await page.keyboard.press('Control+d');
  await expect(sandbox.nodes('server')).toHaveCount(2);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine');
  await expect(sandbox.canvas.locator('.card.selected')).toHaveAttribute('aria-label', 'Server: Server 2');
});

test('what is no drawing is told, and changes nothing; a scenario file can be pasted', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await sandbox.drawing();
  for (const text of ['just words', '{"format":3}', '{"format":99,"title":"x"}']) {
    await page.evaluate((text) => navigator.clipboard.writeText(text), text);
    await sandbox.node('server').focus();
    await page.keyboard.press('Control+v');
    await expect(sandbox.notice()).toBeVisible();
    expect(await sandbox.drawing()).toEqual(before);
  }
  const file = await sandbox.export();
  await page.evaluate((text) => navigator.clipboard.writeText(text), JSON.stringify(file, null, 2));
  await sandbox.node('server').focus();
  await page.keyboard.press('Control+v');
  await expect(sandbox.nodes()).toHaveCount(8);
});

test('in a text field, copying and pasting are the text’s', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('server'));
  const name = sandbox.field('Name');
  await name.selectText();
  await page.keyboard.press('Control+c');
  await name.press('End');
  await page.keyboard.press('Control+v');
  await expect(name).toHaveValue('ServerServer');
  await expect(sandbox.nodes()).toHaveCount(4);
});
