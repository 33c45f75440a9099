import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

test('the Redis inspector shows the keys as they are now, and by itself what a run adds', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('rohan')).toContainText('Rohan, Mumbai');
  await expect(sandbox.row('john')).toContainText('John, London');
  await expect(sandbox.row('doe')).toHaveCount(0);
  await expect(sandbox.figure('Keys')).toHaveText('2');
  await sandbox.play(1);
  await expect(sandbox.row('doe')).toContainText('Doe, Toronto');
  await expect(sandbox.figure('Keys')).toHaveText('3');
  await expect(sandbox.figure('Hits')).toHaveText('2');
  await expect(sandbox.figure('Misses')).toHaveText('1');
  await expect(sandbox.figure('Hit rate')).toHaveText('66.7 %');
});

test('times to live count down, and a key that has expired is gone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  const left = async () => Number.parseInt((await sandbox.row('rohan').locator('.ttl').innerText()).replace(/\D/g, ''), 10);
  const first = await left();
  expect(first).toBeGreaterThan(3_000);
  await expect.poll(left).toBeLessThan(first);
  await sandbox.button('Add key').click();
  // Long enough to be seen on a machine that is busy.
  await sandbox.put('soon', 'gone', '8');
  await expect(sandbox.row('soon')).toBeVisible();
  await expect(sandbox.row('soon')).toHaveCount(0, { timeout: 30_000 });
  await expect(sandbox.row('rohan')).toBeVisible();
});

test('keys can be added, edited, deleted, filtered and flushed', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Add key').click();
  await sandbox.put('ada', 'Ada, London', '500');
  await expect(sandbox.row('ada')).toContainText('Ada, London');
  await expect(sandbox.row('ada')).toContainText(/(500|4\d\d) s/);
  await expect(sandbox.node('redis')).toContainText('3 keys');
  await sandbox.button('Edit ada').click();
  await expect(sandbox.field('Value')).toHaveValue('Ada, London');
  await sandbox.put(null, 'Ada, Paris', '');
  await expect(sandbox.row('ada')).toContainText('Ada, Paris');
  await expect(sandbox.row('ada')).toContainText('no expiry');

  const filter = sandbox.inspector.getByRole('searchbox', { name: 'Filter keys' });
  await filter.fill('OH');
  await expect(sandbox.table('Keys').getByRole('rowheader')).toHaveText(['john', 'rohan']);
  await filter.fill('nothing of the kind');
  await expect(sandbox.inspector).toContainText('No key fits the filter.');
  await filter.fill('');

  await sandbox.button('Delete ada').click();
  await expect(sandbox.row('ada')).toHaveCount(0);
  await sandbox.button('Flush').click();
  await expect(sandbox.table('Keys').getByRole('rowheader')).toHaveCount(0);
  await expect(sandbox.node('redis')).toContainText('0 keys');
  await sandbox.play(1);
  for (const request of [1, 2, 3]) expect(await sandbox.outcomes(1, request)).toEqual(['miss', 'found', 'stored']);
});

test('what a store cannot take is refused at its field, and nothing is sent', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Add key').click();
  await sandbox.field('Value').fill('x');
  await sandbox.field('TTL (seconds)').fill('0');
  await sandbox.button('Save').click();
  await expect(sandbox.inspector.getByRole('alert')).toHaveText([/A key cannot be empty\./, /A time to live in seconds is a whole number/]);
  await expect(sandbox.field('Key')).toBeFocused();
  await expect(sandbox.field('Key')).toHaveAttribute('aria-invalid', 'true');
  await sandbox.field('Key').fill('k'.repeat(129));
  await sandbox.button('Save').click();
  await expect(sandbox.inspector.getByRole('alert').first()).toContainText('128');
  await page.keyboard.press('Escape');
  await expect(sandbox.button('Save')).toHaveCount(0);
  await expect(sandbox.figure('Keys')).toHaveText('2');
});

test('deleting john in the inspector makes john miss', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Delete john').click();
  await expect(sandbox.row('john')).toHaveCount(0);
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['miss', 'found', 'stored']);
  await expect(sandbox.row('john')).toContainText('John, London');
});

test('rows can be added, edited and deleted, and an edit leaves the cached copy stale', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('postgres'));
  await expect(sandbox.table('Rows').getByRole('rowheader')).toHaveText(['doe', 'john', 'rohan']);
  await sandbox.button('Add row').click();
  await sandbox.put('ada', 'Ada, London');
  await expect(sandbox.row('ada')).toContainText('Ada, London');
  await sandbox.button('Edit john').click();
  await sandbox.put(null, 'John, Rome');
  await expect(sandbox.row('john')).toContainText('John, Rome');
  await sandbox.button('Delete doe').click();
  await expect(sandbox.row('doe')).toHaveCount(0);
  await expect(sandbox.node('postgres')).toContainText('3 rows');

  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 2)).toEqual(['hit']);
  await sandbox.receiptsOf(1, 2).first().click();
  await expect(sandbox.receipts.locator('.receipt-details')).toContainText('John, London');
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'not-found']);
  await expect(sandbox.receiptsOf(1, 3).last()).toContainText('404');
});

test('what another tab does to the stores appears by itself', async ({ page, context }) => {
  const mine = await Sandbox.open(page);
  const other = await Sandbox.open(await context.newPage());
  await mine.select(mine.node('redis'));
  await other.select(other.node('redis'));
  await expect(mine.row('john')).toBeVisible();
  await other.button('Delete john').click();
  await expect(mine.row('john')).toHaveCount(0);
  await other.button('Edit rohan').click();
  await other.put(null, 'Rohan, Pune');
  await expect(mine.row('rohan')).toContainText('Rohan, Pune');
  await other.button('Flush').click();
  await expect(mine.table('Keys').getByRole('rowheader')).toHaveCount(0);

  await mine.select(mine.node('postgres'));
  await other.select(other.node('postgres'));
  await other.button('Add row').click();
  await other.put('ada', 'Ada, London');
  await expect(mine.row('ada')).toContainText('Ada, London');
});
