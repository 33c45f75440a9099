import { expect, test } from '../fixtures.ts';
import { isAlive } from '../support/academy.ts';
import { del, put, Sandbox, usual } from '../support/sandbox.ts';

test('the counts of both stores are those of the receipts, and move while one looks', async ({ page, context }) => {
  await page.goto('/real');
  await isAlive(page);
  await expect(page).toHaveTitle('What is real · Aside');
  const table = page.getByRole('region', { name: 'Counts' });
  await expect(table.getByRole('rowheader', { name: /^Redis \d+\.\d+\.\d+ since \d+ (s|minutes|hours) ago$/ })).toBeVisible();
  await expect(table.getByRole('rowheader', { name: /^PostgreSQL \d+\.\d+ since \d+ (s|minutes|hours) ago$/ })).toBeVisible();

  /** What stands in one of the columns now. */
  const column = async (place: number): Promise<Record<string, number>> => {
    const rows = await table.locator('tbody tr').evaluateAll((rows, place) => rows.map((row) => [row.getAttribute('data-command')!, row.querySelectorAll('.number')[place]!.textContent!]), place);
    return Object.fromEntries(rows.map(([command, count]) => [command!, Number(count)]));
  };
  const receipts = () => column(0);
  const stores = () => column(1);
  // Runs that others have left may still be on their way.
  await expect(async () => expect(await stores()).toEqual(await receipts())).toPass();
  const before = await receipts();
  expect(Object.keys(before)).toEqual(['GET', 'SET', 'DEL', 'SELECT', 'INSERT', 'DELETE']);
  await page.evaluate(() => Object.assign(window, { isSame: true }));

  const sandbox = await Sandbox.open(await context.newPage());
  await sandbox.import(usual({ requests: ['a', 'b', put('a', 'new'), del('b')], keys: ['a'], rows: ['a', 'b'] }));
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['miss', 'found', 'stored']);
  // Looking into the stores is in neither column.
  for (const id of ['redis', 'postgres']) {
    await sandbox.select(sandbox.node(id));
    await expect(sandbox.table(id === 'redis' ? 'Keys' : 'Rows')).toBeVisible();
  }
  await page.bringToFront();

  const more: Record<string, number> = { GET: 2, SET: 1, DEL: 2, SELECT: 1, INSERT: 1, DELETE: 1 };
  const after = Object.fromEntries(Object.entries(before).map(([command, count]) => [command, count + more[command]!]));
  await expect.poll(receipts).toEqual(after);
  await expect.poll(stores).toEqual(after);
  await expect(table.locator('[data-same="false"]')).toHaveCount(0);
  expect(await page.evaluate(() => 'isSame' in window), 'without a reload').toBe(true);
});

test('what did not reach a store is in neither column', async ({ page, context }) => {
  await page.goto('/real');
  await isAlive(page);
  const count = (command: string) => page.locator(`[data-command="${command}"] .number`).allInnerTexts();
  await expect(async () => {
    const [receipts, store] = await count('GET');
    expect(store).toBe(receipts);
  }).toPass();
  const gets = await count('GET');
  const selects = (await count('SELECT')).map(Number);

  const sandbox = await Sandbox.open(await context.newPage());
  await sandbox.import(usual({ requests: ['a', 'a', 'a'], keys: ['a'], links: { 'server-redis': { condition: 'cut' } } }));
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['refused', 'found']);
  await page.bringToFront();
  await expect.poll(async () => (await count('SELECT')).map(Number)).toEqual(selects.map((count) => count + 3));
  expect(await count('GET')).toEqual(gets);
});
