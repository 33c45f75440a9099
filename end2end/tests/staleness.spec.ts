import { expect, test } from '../fixtures.ts';
import { milliseconds, put, redis, Sandbox, usual } from '../support/sandbox.ts';

/** Changes a row as a script would that has forgotten the cache. */
async function edit(sandbox: Sandbox, key: string, value: string) {
  await sandbox.select(sandbox.node('postgres'));
  await sandbox.button(`Edit ${key}`).click();
  await sandbox.put(null, value);
  await expect(sandbox.row(key)).toContainText(value);
}

test('a row that is edited behind the cache’s back makes its copy stale, and every part of the screen says so', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const cache = sandbox.node('redis');
  await expect(cache).toContainText('2 keys');
  await expect(cache).not.toHaveAttribute('data-stale');
  await edit(sandbox, 'rohan', 'Rohan, Pune');
  await expect(sandbox.notice()).toContainText('the row has changed, and a cache still has something else under rohan');
  await expect(cache).toContainText('2 keys, 1 stale');
  await expect(cache).toHaveAttribute('data-stale', 'true');

  await sandbox.select(cache);
  await expect(sandbox.row('rohan')).toHaveAttribute('data-stale', 'true');
  await expect(sandbox.row('rohan')).toContainText('Rohan, Mumbai');
  const seconds = async () => Number(/stale for (\d+) s/.exec(await sandbox.row('rohan').innerText())?.[1]);
  const first = await seconds();
  expect(first).toBeGreaterThanOrEqual(0);
  await expect.poll(seconds, 'it goes on counting').toBeGreaterThan(first);
  await expect(sandbox.row('john')).not.toHaveAttribute('data-stale');
  await expect(sandbox.row('john')).not.toContainText('stale');

  await sandbox.play(1);
  const hit = sandbox.receiptsOf(1, 1).first();
  await expect(hit).toHaveAttribute('data-outcome', 'hit');
  await expect(hit).toHaveAttribute('data-stale', 'true');
  await expect(hit.locator('.stale')).toHaveText(/^stale for [\d.,]+ (ms|s)$/);
  await expect(sandbox.receipts.locator('[data-stale="true"]')).toHaveCount(1);
  await expect(sandbox.receiptsOf(1, 2).first()).not.toContainText('stale');
  const details = await sandbox.open(hit);
  await expect(details.getByText('Observer', { exact: true })).toBeVisible();
  await expect(details).toContainText('Stale: its row had another value when the cache answered');
  await expect(details).toContainText('neither timed nor counted');

  // The reply is marked on its way, and no other packet.
  await sandbox.timeline.fill('3');
  await expect(sandbox.packets()).toHaveCount(1);
  await expect(sandbox.packets()).toHaveAttribute('data-stale', 'true');
  await expect(sandbox.packets()).toContainText('hit, stale');
  await sandbox.timeline.fill('2');
  await expect(sandbox.packets()).toHaveText('GET rohan');
  await expect(sandbox.packets()).not.toHaveAttribute('data-stale');
  await sandbox.timeline.fill('7');
  await expect(sandbox.packets()).toContainText('hit');
  await expect(sandbox.packets()).not.toHaveAttribute('data-stale');
});

test('what is stale is still told after a reload, and to another tab', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  const other = await Sandbox.open(await context.newPage());
  await other.select(other.node('redis'));
  await expect(other.row('rohan')).toBeVisible();
  await edit(sandbox, 'rohan', 'Rohan, Pune');
  await expect(other.row('rohan')).toHaveAttribute('data-stale', 'true');
  await expect(other.node('redis')).toContainText('1 stale');
  await sandbox.play(1);
  await page.reload();
  await sandbox.isAlive();
  await expect(sandbox.node('redis')).toContainText('1 stale');
  await expect(sandbox.receiptsOf(1, 1).first()).toHaveAttribute('data-stale', 'true');
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('rohan')).toContainText(/stale for \d+ s/);
});

test('a row that is deleted leaves a stale copy as well, and what is not cached leaves none', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await edit(sandbox, 'doe', 'Doe, Oslo');
  await sandbox.button('Delete john').click();
  await expect(sandbox.notice()).toContainText('a cache still has something else under john');
  await expect(sandbox.notice()).not.toContainText('doe');
  await expect(sandbox.node('redis')).toContainText('1 stale');
  await sandbox.play(1);
  const marked = sandbox.receipts.locator('[data-stale="true"]');
  await expect(marked).toHaveCount(1);
  await expect(marked).toContainText('GET john');
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  // With its row back as it was, the copy is right again.
  await sandbox.select(sandbox.node('postgres'));
  await sandbox.button('Add row').click();
  await sandbox.put('john', 'John, London');
  await expect(sandbox.node('redis')).toContainText('3 keys');
  await expect(sandbox.node('redis')).not.toContainText('stale');
  await expect(sandbox.node('redis')).not.toHaveAttribute('data-stale');
});

test('the server’s figures tell what it did in the run that is shown, and in all of them', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const nothing = { 'Reads': '0', 'Hits': '0', 'Misses': '0', 'Hit rate': '–', 'Failed requests': '0', 'Stale reads': '0', 'Longest staleness': '–' };
  await sandbox.select(sandbox.node('server'));
  expect(await sandbox.figuresOf('This run')).toEqual(nothing);
  expect(await sandbox.figuresOf('Sandbox')).toEqual(nothing);

  await edit(sandbox, 'rohan', 'Rohan, Pune');
  await sandbox.select(sandbox.node('server'));
  await sandbox.play(1);
  await expect(sandbox.figureOf('Reads', 'This run')).toHaveText('3');
  const first = await sandbox.figuresOf('This run');
  expect(first).toMatchObject({ 'Reads': '3', 'Hits': '2', 'Misses': '1', 'Hit rate': '66.7 %', 'Failed requests': '0', 'Stale reads': '1' });
  expect(milliseconds(first['Longest staleness']!)).toBeGreaterThan(0);
  expect(await sandbox.figuresOf('Sandbox')).toEqual(first);

  await sandbox.play(2);
  await expect(sandbox.figureOf('Reads', 'Sandbox')).toHaveText('6');
  const second = await sandbox.figuresOf('This run');
  expect(second).toMatchObject({ 'Reads': '3', 'Hits': '3', 'Misses': '0', 'Hit rate': '100.0 %', 'Failed requests': '0', 'Stale reads': '1' });
  const all = await sandbox.figuresOf('Sandbox');
  expect(all).toMatchObject({ 'Reads': '6', 'Hits': '5', 'Misses': '1', 'Hit rate': '83.3 %', 'Failed requests': '0', 'Stale reads': '2' });
  // The copy has grown older meanwhile, and the longest is the latest.
  expect(milliseconds(second['Longest staleness']!)).toBeGreaterThanOrEqual(milliseconds(first['Longest staleness']!));
  expect(all['Longest staleness']).toBe(second['Longest staleness']);

  // Requests that failed are no reads: none of these reaches its server.
  await sandbox.condition('client-server', 'cut');
  await sandbox.select(sandbox.node('server'));
  await sandbox.play(3);
  await expect(sandbox.figureOf('Failed requests', 'This run')).toHaveText('3');
  expect(await sandbox.figuresOf('This run')).toEqual({ ...nothing, 'Failed requests': '3' });
  expect(await sandbox.figuresOf('Sandbox')).toEqual({ ...all, 'Failed requests': '3' });
});

test('after a PUT that invalidates nothing is stale any more', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: ['a', put('a', 'newest')], keys: ['a', 'b'] }));
  await edit(sandbox, 'a', 'new');
  await expect(sandbox.node('redis')).toContainText('1 stale');
  await sandbox.play(1);
  await expect(sandbox.receiptsOf(1, 1).first()).toHaveAttribute('data-stale', 'true');
  expect(await sandbox.outcomes(1, 2)).toEqual(['stored', 'deleted']);
  await expect(sandbox.node('redis')).toContainText('1 key');
  await expect(sandbox.node('redis')).not.toContainText('stale');
  await expect(sandbox.node('redis')).not.toHaveAttribute('data-stale');

  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 1)).toEqual(['miss', 'found', 'stored']);
  await expect(sandbox.receipts.locator('[data-stale="true"]')).toHaveCount(0);
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('b')).toBeVisible();
  await expect(sandbox.row('b')).not.toHaveAttribute('data-stale');
});

test('a policy that forgets the cache leaves a copy that the next reader gets', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: ['a', put('a', 'new'), 'a'], keys: ['a'], server: { policy: 'forget' } }));
  await sandbox.play(1);
  await expect(sandbox.receiptsOf(1, 1).first()).not.toHaveAttribute('data-stale');
  const hit = sandbox.receiptsOf(1, 3).first();
  await expect(hit).toHaveAttribute('data-outcome', 'hit');
  await expect(hit).toHaveAttribute('data-stale', 'true');
  await expect(hit).toContainText('stale for');
  await expect(sandbox.status(1, 3)).toHaveText('200');
  await expect(await sandbox.open(sandbox.call(1, 3))).toContainText('200 of a');
  await expect(sandbox.node('redis')).toContainText('1 stale');
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('a')).toContainText(/stale for \d+ s/);
  await sandbox.button('Delete a').click();
  await expect(sandbox.node('redis')).not.toContainText('stale');
});

test('a key that never was its row’s copy is stale, and nobody knows for how long', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const other = usual({ requests: ['a'], keys: ['a'] });
  other.graph.nodes[2] = redis('redis', ['a']);
  other.graph.nodes[2].settings = { redis: { keys: [{ key: 'a', value: 'of another one' }] } };
  await sandbox.import(other);
  await expect(sandbox.node('redis')).toContainText('1 stale');
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('a')).toHaveAttribute('data-stale', 'true');
  await expect(sandbox.row('a').locator('.stale')).toHaveText('stale');
  await sandbox.play(1);
  await expect(sandbox.receiptsOf(1, 1).first().locator('.stale')).toHaveText('stale');
});
