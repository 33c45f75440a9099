import { expect, test } from '../fixtures.ts';
import { put, Sandbox, usual } from '../support/sandbox.ts';

// An inspector that looks into a store that is off is answered with 409, and browsers report every such answer.
test.use({ expected: /status of 409/ });

test('a cache that is switched off refuses, reads go to Postgres, and it comes back empty', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const cache = sandbox.node('redis');
  await expect(cache).toContainText('2 keys');
  await expect(cache).not.toHaveAttribute('data-power');
  await sandbox.power('off', 'Redis');
  await expect(cache).toHaveAttribute('data-power', 'off');
  await expect(cache).toContainText('switched off');
  await expect(sandbox.button('Power off Redis')).toHaveCount(0);
  await expect(sandbox.button('Power off Postgres')).toBeVisible();

  await sandbox.play(1);
  for (const request of [1, 2, 3]) {
    expect(await sandbox.outcomes(1, request)).toEqual(['refused', 'found']);
    await expect(sandbox.status(1, request)).toHaveText('200');
  }
  const details = await sandbox.open(sandbox.receiptsOf(1, 1).first());
  await expect(details).toContainText('Redis is switched off: it refuses the connection.');
  await expect(details).toContainText('Nothing reached the store');

  await sandbox.select(cache);
  await expect(sandbox.inspector).toContainText('Redis is switched off: switch it on first.');
  await expect(sandbox.inspector.getByRole('list', { name: 'Issues' })).toContainText('This store is switched off');
  await expect(sandbox.table('Keys')).toHaveCount(0);

  await sandbox.power('on', 'Redis');
  await expect(cache).not.toHaveAttribute('data-power');
  await expect(cache).toContainText('0 keys');
  await expect(sandbox.figure('Keys')).toHaveText('0');
  await expect(sandbox.inspector).toContainText('Redis holds no key for this node.');
  await expect(sandbox.inspector).not.toContainText('switched off');
  await sandbox.play(2);
  for (const request of [1, 2, 3]) expect(await sandbox.outcomes(2, request)).toEqual(['miss', 'found', 'stored']);
  await expect(cache).toContainText('3 keys');
});

test('without Postgres hits are answered and misses are not, and its rows are there again afterwards', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const database = sandbox.node('postgres');
  await sandbox.power('off', 'Postgres');
  await expect(database).toHaveAttribute('data-power', 'off');
  await expect(database).toContainText('switched off');
  await sandbox.play(1);
  for (const request of [1, 2]) {
    expect(await sandbox.outcomes(1, request)).toEqual(['hit']);
    await expect(sandbox.status(1, request)).toHaveText('200');
  }
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'refused']);
  await expect(sandbox.status(1, 3)).toHaveText('503');
  await expect(await sandbox.open(sandbox.call(1, 3))).toContainText('503 Postgres is switched off: it refuses the connection.');
  await sandbox.select(database);
  await expect(sandbox.inspector).toContainText('Postgres is switched off: switch it on first.');
  await expect(sandbox.table('Rows')).toHaveCount(0);

  await sandbox.power('on', 'Postgres');
  await expect(sandbox.table('Rows').getByRole('rowheader')).toHaveText(['doe', 'john', 'rohan']);
  await expect(database).toContainText('3 rows');
  await expect(sandbox.node('redis')).toContainText('2 keys');
  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(2, 3)).toEqual(['miss', 'found', 'stored']);
});

test('a store that is off takes nothing from the inspector, and says why', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  const other = await Sandbox.open(await context.newPage());
  await other.select(other.node('redis'));
  await other.button('Add key').click();
  await other.field('Key').fill('ada');
  await other.field('Value').fill('Ada, London');
  await sandbox.power('off', 'Redis');
  await expect(other.node('redis')).toHaveAttribute('data-power', 'off');
  await other.button('Save').click();
  await expect(other.notice()).toContainText('Redis is switched off: switch it on first.');
  await sandbox.power('on', 'Redis');
  await expect(other.node('redis')).not.toHaveAttribute('data-power');
  await expect(other.figure('Keys')).toHaveText('0');
});

test('a write while the cache is off leaves nothing stale behind, because it comes back empty', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: [put('a', 'new'), 'a'], keys: ['a', 'b'] }));
  await sandbox.power('off', 'redis');
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['stored', 'refused']);
  await expect(sandbox.status(1, 1)).toHaveText('200');
  await sandbox.power('on', 'redis');
  await expect(sandbox.node('redis')).toContainText('0 keys');
  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 2)).toEqual(['miss', 'found', 'stored']);
  await expect(sandbox.node('redis')).toContainText('1 key');
  await expect(sandbox.receipts.locator('[data-stale="true"]')).toHaveCount(0);
  await expect(sandbox.node('redis')).not.toHaveAttribute('data-stale');
});

test('power is a setting: it survives a reload and an export, and can be undone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const cache = sandbox.node('redis');
  await sandbox.power('off', 'Redis');
  await sandbox.saved();
  await page.reload();
  await sandbox.isAlive();
  await expect(cache).toHaveAttribute('data-power', 'off');
  await expect(sandbox.button('Power on Redis')).toBeVisible();
  const file = await sandbox.export();
  expect(file.graph.nodes.find(({ id }) => id === 'redis')!.settings.redis).toMatchObject({ is_off: true });
  expect(file.graph.nodes.find(({ id }) => id === 'postgres')!.settings.postgres).not.toHaveProperty('is_off');
  await sandbox.clear();
  await sandbox.import(file);
  await expect(cache).toHaveAttribute('data-power', 'off');

  await sandbox.power('on', 'Redis');
  await sandbox.power('off', 'Postgres');
  await sandbox.button('Undo').click();
  await expect(sandbox.node('postgres')).not.toHaveAttribute('data-power');
  await sandbox.button('Undo').click();
  await expect(cache).toHaveAttribute('data-power', 'off');
  await sandbox.button('Redo').click();
  await expect(cache).not.toHaveAttribute('data-power');
});

test('stores are switched with the keyboard too, and the focus stays where it is', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const card = sandbox.node('redis');
  const button = card.getByRole('button', { name: /^Power/ });
  await sandbox.tabTo(button);
  await expect(button).toHaveAccessibleName('Power off Redis');
  await page.keyboard.press('Enter');
  await expect(card).toHaveAttribute('data-power', 'off');
  await expect(button).toHaveAccessibleName('Power on Redis');
  await expect(button).toBeFocused();
  await page.keyboard.press('Space');
  await expect(card).not.toHaveAttribute('data-power');
  await expect(button).toBeFocused();
  // Neither key was taken for one of the canvas.
  await expect(card).not.toHaveAttribute('data-linking');
  await expect(sandbox.nodes()).toHaveCount(4);
  await sandbox.tabTo(sandbox.node('postgres').getByRole('button', { name: 'Power off Postgres' }));
  await page.keyboard.press('Space');
  await expect(sandbox.node('postgres')).toHaveAttribute('data-power', 'off');
});
