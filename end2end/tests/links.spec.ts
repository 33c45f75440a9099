import { expect, test } from '../fixtures.ts';
import { put, Sandbox, usual } from '../support/sandbox.ts';

test.describe('a delay', () => {
  test('is injected into every exchange, and told apart from what is measured', async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    const link = sandbox.link('server-postgres');
    const caption = page.getByTestId('slowdown');
    await sandbox.play(1);
    await expect(caption).not.toContainText('injected');
    await sandbox.selectLink('server-postgres');
    await expect(sandbox.field('Delay (ms)')).toHaveValue('0');
    await sandbox.type('Delay (ms)', '300');
    await expect(link).toContainText('+300 ms');
    await expect(link).toHaveAccessibleName('Link from Server to Postgres, +300 ms');
    await sandbox.select(sandbox.node('redis'));
    await sandbox.button('Delete doe').click();
    await expect(sandbox.row('doe')).toHaveCount(0);

    await sandbox.play(2);
    expect(await sandbox.outcomes(2, 3)).toEqual(['miss', 'found', 'stored']);
    await expect(caption).toContainText('with injected delays');
    // Its own receipt says so, and that of the request in which it lies; no other.
    const injected = sandbox.receipts.locator('.injected');
    await expect(injected).toHaveCount(2);
    const select = sandbox.receiptsOf(2, 3).nth(1);
    await expect(select.locator('.injected')).toHaveText(/^\+[\d.]+ (ms|s) injected$/);
    await expect(sandbox.call(2, 3).locator('.injected')).toHaveText(/^\+[\d.]+ (ms|s) injected$/);
    expect(await sandbox.injected(select)).toBeGreaterThanOrEqual(300);

    await sandbox.selectLink('server-postgres');
    await sandbox.type('Delay (ms)', '0');
    await expect(link).not.toContainText('ms');
    await expect(link).toHaveAccessibleName('Link from Server to Postgres');
    await sandbox.play(3);
    await expect(caption).not.toContainText('injected');
    await expect(sandbox.receipts.locator('.injected')).toHaveCount(0);
  });

  test('that is too long, or none, is refused in a sentence', async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    await sandbox.selectLink('server-redis');
    for (const value of ['2001', '-1', '1.5', '']) {
      await sandbox.type('Delay (ms)', value);
      await expect(sandbox.inspector.getByRole('alert')).toHaveText('A delay in milliseconds is a whole number from 0 to 2000.');
    }
    await page.keyboard.press('Escape');
    await expect(sandbox.field('Delay (ms)')).toHaveValue('0');
    await expect(sandbox.button('Undo')).toHaveAttribute('aria-disabled', 'true');
    await sandbox.type('Delay (ms)', '2000');
    await expect(sandbox.link('server-redis')).toContainText('+2000 ms');
  });

  test('that is longer than the server’s patience makes Redis time out', async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    await sandbox.import(usual({ requests: ['a'], keys: ['a'], links: { 'server-redis': { delay_ms: 500 } } }));
    await sandbox.play(1);
    expect(await sandbox.outcomes(1, 1)).toEqual(['timed-out', 'found']);
    await sandbox.select(sandbox.node('server'));
    await sandbox.type('Redis timeout (ms)', '10000');
    await sandbox.play(2);
    expect(await sandbox.outcomes(2, 1)).toEqual(['hit']);
    await expect(sandbox.receiptsOf(2, 1).first()).toContainText('injected');
  });
});

test('a cut link to Redis is refused, reads come from Postgres, and undo restores it', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const link = sandbox.link('server-redis');
  await expect(link).toHaveAttribute('data-condition', 'up');
  // A click on the line opens its inspector.
  const middle = await link.locator('.link-line').evaluate((path: SVGPathElement) => {
    const point = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM()!);
    return { x: point.x, y: point.y };
  });
  await page.mouse.click(middle.x, middle.y);
  await expect(sandbox.field('Condition').getByRole('option')).toHaveText(['up', 'cut', 'black hole']);
  await expect(sandbox.field('Condition')).toHaveValue('up');
  await expect(sandbox.inspector).toContainText('It works.');
  await sandbox.field('Condition').selectOption('cut');
  await expect(link).toHaveAttribute('data-condition', 'cut');
  await expect(link).toContainText('cut');
  await expect(link).toHaveAccessibleName(/^Link from Server to Redis, .*cut$/);
  await expect(sandbox.inspector).toContainText('Connections are refused, at once.');

  await sandbox.play(1);
  for (const request of [1, 2, 3]) {
    expect(await sandbox.outcomes(1, request)).toEqual(['refused', 'found']);
    await expect(sandbox.status(1, request)).toHaveText('200');
  }
  await expect(sandbox.node('redis')).toContainText('3 failed');
  const details = await sandbox.open(sandbox.receiptsOf(1, 1).first());
  await expect(details).toContainText('The link is cut: the connection is refused.');
  await expect(details).toContainText('Nothing reached the store');

  await sandbox.button('Undo').click();
  await expect(link).toHaveAttribute('data-condition', 'up');
  await expect(link).toHaveAccessibleName('Link from Server to Redis');
  await sandbox.button('Redo').click();
  await expect(link).toHaveAttribute('data-condition', 'cut');
  await sandbox.button('Undo').click();
  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 1)).toEqual(['hit']);
});

test('a black hole before Redis costs every read the timeout, and no answer', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.condition('server-redis', 'black-hole');
  await expect(sandbox.link('server-redis')).toContainText('black hole');
  await expect(sandbox.link('server-redis')).toHaveAccessibleName(/black hole$/);
  await expect(sandbox.inspector).toContainText('no answer comes');
  await sandbox.play(1);
  for (const request of [1, 2, 3]) {
    expect(await sandbox.outcomes(1, request)).toEqual(['timed-out', 'found']);
    await expect(sandbox.status(1, request)).toHaveText('200');
  }
  await expect(await sandbox.open(sandbox.receiptsOf(1, 1).first())).toContainText('Redis did not answer within 100 ms.');
  await sandbox.select(sandbox.node('server'));
  await sandbox.type('Redis timeout (ms)', '40');
  await sandbox.play(2);
  await expect(await sandbox.open(sandbox.receiptsOf(2, 1).first())).toContainText('Redis did not answer within 40 ms.');
});

test('a DEL that gets lost leaves a stale key, which is told to the next reader', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: [put('a', 'new'), 'a'], keys: ['a'] }));
  await sandbox.condition('server-redis', 'cut');
  await sandbox.select(sandbox.node('client'));
  await sandbox.button('Send request 1').click();
  await expect(sandbox.receiptsOf(1)).toHaveCount(3);
  await sandbox.end();
  expect(await sandbox.outcomes(1, 1)).toEqual(['stored', 'refused']);
  await expect(sandbox.receiptsOf(1, 1).nth(1)).toContainText('DEL a');
  await expect(sandbox.status(1, 1)).toHaveText('200');
  await expect(await sandbox.open(sandbox.call(1, 1))).toContainText('A cache could not be told, and may go on with the old value.');

  await sandbox.condition('server-redis', 'up');
  await expect(sandbox.node('redis')).toContainText('1 key, 1 stale');
  await expect(sandbox.node('redis')).toHaveAttribute('data-stale', 'true');
  await sandbox.select(sandbox.node('client'));
  await sandbox.button('Send request 2').click();
  await expect(sandbox.receiptsOf(2)).toHaveCount(2);
  await sandbox.end();
  const hit = sandbox.receiptsOf(2, 1).first();
  await expect(hit).toHaveAttribute('data-outcome', 'hit');
  await expect(hit).toHaveAttribute('data-stale', 'true');
  await expect(await sandbox.open(sandbox.call(2, 1))).toContainText('200 of a');
});

for (const { condition, outcome, says } of [
  { condition: 'cut', outcome: 'refused', says: 'The link is cut: the connection is refused.' },
  { condition: 'black-hole', outcome: 'timed-out', says: 'Postgres did not answer within 2 s.' },
] as const) {
  test(`with the link to Postgres ${condition} hits are answered, and misses and writes are not`, async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    await sandbox.import(usual({ requests: ['a', 'b', put('a', 'new')], keys: ['a'], rows: ['a', 'b'] }));
    await sandbox.condition('server-postgres', condition);
    await sandbox.play(1);
    expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
    await expect(sandbox.status(1, 1)).toHaveText('200');
    expect(await sandbox.outcomes(1, 2)).toEqual(['miss', outcome]);
    await expect(sandbox.status(1, 2)).toHaveText('503');
    await expect(sandbox.call(1, 2)).toHaveAttribute('data-outcome', outcome);
    await expect(await sandbox.open(sandbox.receiptsOf(1, 2).nth(1))).toContainText(says);
    await expect(await sandbox.open(sandbox.call(1, 2))).toContainText(`503 ${says}`);
    // Nothing was written, so the cache is right and is left alone.
    expect(await sandbox.outcomes(1, 3)).toEqual([outcome]);
    await expect(sandbox.status(1, 3)).toHaveText('503');
    await sandbox.select(sandbox.node('postgres'));
    await expect(sandbox.row('a')).toContainText('of a');
    await expect(sandbox.node('redis')).toContainText('1 key');
    await expect(sandbox.node('redis')).not.toHaveAttribute('data-stale');
  });
}

test('a request on a cut link to its server is refused, and has no status', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.condition('client-server', 'cut');
  await sandbox.play(1);
  expect(await sandbox.allOutcomes(1)).toEqual(['refused', 'refused', 'refused']);
  for (const request of [1, 2, 3]) await expect(sandbox.status(1, request)).toBeEmpty();
  await expect(await sandbox.open(sandbox.call(1, 1))).toContainText('none: The link is cut: the connection is refused.');
  await expect(sandbox.node('redis')).toContainText('0 hits, 0 misses');
});

test('a link can be cut and restored while a run goes on', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const requests = Array.from({ length: 200 }, () => 'a');
  await sandbox.import(usual({ requests, keys: ['a'], links: { 'client-server': { delay_ms: 500 } } }));
  await sandbox.button('Play').click();
  const hits = sandbox.receiptsOf(1).and(page.locator('[data-outcome="hit"]'));
  const refused = sandbox.receiptsOf(1).and(page.locator('[data-outcome="refused"]'));
  await expect(hits.first()).toBeVisible();
  await expect(refused).toHaveCount(0);
  await sandbox.condition('server-redis', 'cut');
  await expect(refused.first()).toBeAttached();
  await sandbox.condition('server-redis', 'up');
  await sandbox.saved();
  const before = await hits.count();
  await expect.poll(() => hits.count()).toBeGreaterThan(before);
  await sandbox.button('Stop').click();
  await expect(sandbox.button('Play')).toBeVisible();
});

test('conditions and delays survive a reload, an export and an import', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.condition('server-redis', 'black-hole');
  await sandbox.type('Delay (ms)', '70');
  await sandbox.condition('client-server', 'cut');
  await sandbox.selectLink('server-postgres');
  await sandbox.type('Delay (ms)', '5');
  await sandbox.saved();
  const isKept = async () => {
    await expect(sandbox.link('server-redis')).toHaveAttribute('data-condition', 'black-hole');
    await expect(sandbox.link('server-redis')).toHaveAccessibleName('Link from Server to Redis, +70 ms ● black hole');
    await expect(sandbox.link('client-server')).toHaveAttribute('data-condition', 'cut');
    await expect(sandbox.link('server-postgres')).toHaveAttribute('data-condition', 'up');
    await expect(sandbox.link('server-postgres')).toHaveAccessibleName('Link from Server to Postgres, +5 ms');
  };
  await page.reload();
  await sandbox.isAlive();
  await isKept();
  await sandbox.selectLink('server-redis');
  await expect(sandbox.field('Condition')).toHaveValue('black-hole');
  await expect(sandbox.field('Delay (ms)')).toHaveValue('70');

  const file = await sandbox.export();
  expect(file.graph.links).toEqual([
    { from: 'client', to: 'server', condition: 'cut' },
    { from: 'server', to: 'redis', delay_ms: 70, condition: 'black-hole' },
    { from: 'server', to: 'postgres', delay_ms: 5 },
  ]);
  await sandbox.clear();
  await sandbox.import(file);
  await isKept();
  await sandbox.play(1);
  expect(await sandbox.allOutcomes(1)).toEqual(['refused', 'refused', 'refused']);
});
