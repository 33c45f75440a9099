import { expect, test } from '../fixtures.ts';
import { client, link, postgres, put, redis, Sandbox, scenario, server, usual } from '../support/sandbox.ts';

/** The switches, and the numbers that are there while they are on: what they begin with, and something else. */
const switches: Record<string, Record<string, [string, string]>> = {
  'TTL jitter': { 'Jitter (percent)': ['10', '25'] },
  'Negative caching': { 'Remembered for (seconds)': ['30', '7'] },
  'Single-flight': {},
  'Circuit breaker': { 'Failures in a row': ['3', '5'], 'Open for (seconds)': ['10', '20'] },
};

test('every option has its switch, its numbers are there only while it is on, and all of it is kept', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('server'));
  await expect(sandbox.field('Write policy')).toHaveValue('invalidate');
  await expect(sandbox.field('Redis timeout (ms)')).toHaveValue('100');
  for (const [name, numbers] of Object.entries(switches)) {
    await expect(sandbox.switch(name)).not.toBeChecked();
    await expect(sandbox.switch(name)).toHaveAccessibleDescription(/\w+/);
    for (const number of Object.keys(numbers)) await expect(sandbox.field(number)).toHaveCount(0);
    await sandbox.switch(name).check();
    for (const [number, [first, other]] of Object.entries(numbers)) {
      await expect(sandbox.field(number)).toHaveValue(first);
      await sandbox.type(number, other);
    }
  }
  await sandbox.type('Redis timeout (ms)', '250');
  await sandbox.type('TTL (seconds)', '60');
  await sandbox.field('Write policy').selectOption('update');
  for (const told of ['update the cache', 'TTL 60 s', 'breaker closed']) await expect(sandbox.node('server')).toContainText(told);

  await sandbox.saved();
  await page.reload();
  await sandbox.isAlive();
  await sandbox.select(sandbox.node('server'));
  await expect(sandbox.field('Write policy')).toHaveValue('update');
  await expect(sandbox.field('Redis timeout (ms)')).toHaveValue('250');
  for (const [name, numbers] of Object.entries(switches)) {
    await expect(sandbox.switch(name)).toBeChecked();
    for (const [number, [, other]] of Object.entries(numbers)) await expect(sandbox.field(number)).toHaveValue(other);
  }
  const { settings } = (await sandbox.export()).graph.nodes.find(({ id }) => id === 'server')!;
  expect(settings.server).toEqual({
    ttl_s: 60, policy: 'update', redis_timeout_ms: 250, negative_ttl_s: 7, jitter_percent: 25, single_flight: true, breaker: { failures: 5, open_s: 20 },
  });

  for (const [name, numbers] of Object.entries(switches)) {
    await sandbox.switch(name).uncheck();
    for (const number of Object.keys(numbers)) await expect(sandbox.field(number)).toHaveCount(0);
  }
  await expect(sandbox.node('server')).not.toContainText('breaker');
  for (const name of Object.keys(switches).reverse()) {
    await sandbox.button('Undo').click();
    await expect(sandbox.switch(name)).toBeChecked();
  }
});

test('numbers that cannot be are refused in a sentence, and the old ones stay', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('server'));
  for (const name of ['TTL jitter', 'Negative caching', 'Circuit breaker']) await sandbox.switch(name).check();
  const refused: [string, string[], string, number][] = [
    ['Jitter (percent)', ['0', '51', ''], '10', 50],
    ['Remembered for (seconds)', ['0', '301', '1.5'], '30', 300],
    ['Failures in a row', ['0', '101', '-1'], '3', 100],
    ['Open for (seconds)', ['0', '601', ''], '10', 600],
    ['Redis timeout (ms)', ['0', '30001', '1.5'], '100', 30_000],
  ];
  for (const [label, values, kept, most] of refused) {
    for (const value of values) {
      await sandbox.type(label, value);
      await expect(sandbox.inspector.getByRole('alert')).toHaveText(`${label} is a whole number from 1 to ${most}.`);
      await expect(sandbox.field(label)).toHaveAttribute('aria-invalid', 'true');
    }
    await page.keyboard.press('Escape');
    await expect(sandbox.field(label)).toHaveValue(kept);
    await expect(sandbox.inspector.getByRole('alert')).toHaveCount(0);
  }
});

test('the timeout of Redis can be taken away, and is still gone after a reload', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('server'));
  const timeout = sandbox.field('Redis timeout (ms)');
  await sandbox.type('Redis timeout (ms)', '');
  await expect(timeout).toHaveAttribute('placeholder', 'none');
  await sandbox.saved();
  await page.reload();
  await sandbox.isAlive();
  await sandbox.select(sandbox.node('server'));
  await expect(timeout).toHaveValue('');
  const { settings } = (await sandbox.export()).graph.nodes.find(({ id }) => id === 'server')!;
  expect(settings.server).toHaveProperty('redis_timeout_ms', null);
  await sandbox.type('Redis timeout (ms)', '40');
  await sandbox.button('Undo').click();
  await expect(timeout).toHaveValue('');
});

test('with negative caching the cache remembers what is not there, until it is there', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: ['nobody', 'nobody'] }));
  await sandbox.play(1);
  for (const request of [1, 2]) expect(await sandbox.outcomes(1, request), 'without it').toEqual(['miss', 'not-found']);

  await sandbox.select(sandbox.node('server'));
  await sandbox.switch('Negative caching').check();
  await sandbox.type('Remembered for (seconds)', '300');
  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 1)).toEqual(['miss', 'not-found', 'stored']);
  expect(await sandbox.outcomes(2, 2)).toEqual(['hit']);
  for (const request of [1, 2]) {
    await expect(sandbox.status(2, request)).toHaveText('404');
    await expect(sandbox.call(2, request)).toHaveAttribute('data-outcome', 'not-found');
  }
  await expect(sandbox.receiptsOf(2, 1).nth(2)).toContainText('EX 300');
  await expect(await sandbox.open(sandbox.receiptsOf(2, 2).first())).toContainText('(not there)');
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('nobody')).toContainText('(not there)');
  await expect(sandbox.row('nobody')).toContainText(/(300|2\d\d) s/);

  // It is forgotten when the key is created.
  await sandbox.select(sandbox.node('client'));
  await sandbox.field('Verb of request 1').selectOption('PUT');
  await sandbox.type('Value of request 1', 'somebody');
  await sandbox.play(3);
  expect(await sandbox.outcomes(3, 1)).toEqual(['stored', 'deleted']);
  expect(await sandbox.outcomes(3, 2)).toEqual(['miss', 'found', 'stored']);
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('nobody')).toContainText('somebody');
});

test('with jitter every fill has a TTL of its own, and the table tells by how much it differs', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  await sandbox.import(usual({ requests: keys, rows: keys }));
  await sandbox.select(sandbox.node('server'));
  await sandbox.switch('TTL jitter').check();
  await sandbox.type('Jitter (percent)', '50');
  await sandbox.play(1);
  const filled = new Map<string, number>();
  for (const [index, key] of keys.entries()) {
    const text = await sandbox.receiptsOf(1, index + 1).nth(2).innerText();
    filled.set(key, Number(/ EX (\d+)/.exec(text)?.[1]));
  }
  expect(new Set(filled.values()).size, 'different times to live').toBeGreaterThan(1);

  await sandbox.select(sandbox.node('redis'));
  for (const [key, ttl] of filled) {
    expect(ttl).toBeGreaterThanOrEqual(1_800);
    expect(ttl).toBeLessThanOrEqual(5_400);
    const jitter = ttl - 3_600;
    await expect(sandbox.row(key).locator('.ttl')).toContainText(`(jitter ${jitter < 0 ? `−${-jitter}` : `+${jitter}`} s)`);
  }
  // Without it there is none.
  await sandbox.button('Flush').click();
  await expect(sandbox.figure('Keys')).toHaveText('0');
  await sandbox.select(sandbox.node('server'));
  await sandbox.switch('TTL jitter').uncheck();
  await sandbox.play(2);
  await expect(sandbox.receiptsOf(2, 1).nth(2)).toContainText('EX 3600');
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('a')).toContainText(/3[56]\d\d s/);
  await expect(sandbox.table('Keys')).not.toContainText('jitter');
});

test('with single-flight one client’s query answers them all, and the others say for whom they waited', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const names = ['ann', 'bob', 'cid', 'dan'];
  const clients = names.map((name, index) => client(name, ['hot'], 48, 130 * index));
  const nodes = [...clients, server(), redis(), postgres('postgres', ['hot'])];
  const links = [...names.map((name) => `${name}-server`), 'server-redis', link('server-postgres', { delay_ms: 1_000 })];
  await sandbox.import(scenario(nodes, links));
  const selects = (run: number) => sandbox.receiptsOf(run).filter({ hasText: 'SELECT value' });

  await sandbox.play(1);
  await expect(selects(1), 'without it').toHaveCount(4);
  await expect(sandbox.receipts.locator('.waited')).toHaveCount(0);
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Flush').click();
  await expect(sandbox.figure('Keys')).toHaveText('0');

  await sandbox.select(sandbox.node('server'));
  await sandbox.switch('Single-flight').check();
  await sandbox.play(2);
  await expect(selects(2)).toHaveCount(1);
  await expect(sandbox.receiptsOf(2).filter({ hasText: 'SET hot' })).toHaveCount(1);
  const leader = await selects(2).getAttribute('data-request');
  for (const request of [1, 2, 3, 4]) {
    await expect(sandbox.status(2, request)).toHaveText('200');
    expect((await sandbox.outcomes(2, request))[0]).toBe('miss');
    const waited = sandbox.call(2, request).locator('.waited');
    if (String(request) === leader) {
      await expect(waited).toHaveCount(0);
    } else {
      await expect(waited).toHaveText(new RegExp(`^waited [\\d.,]+ (ms|s) for request ${leader}$`));
    }
  }
});

test('an open circuit breaker keeps the cache from being asked, and the screen says so', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: ['a', 'b', 'c', put('d', 'new d')], keys: ['a', 'b', 'c', 'd'], links: { 'server-redis': { condition: 'cut' } } }));
  const card = sandbox.node('server');
  await sandbox.select(card);
  await sandbox.switch('Circuit breaker').check();
  await sandbox.type('Failures in a row', '2');
  await sandbox.type('Open for (seconds)', '600');
  await expect(card).toContainText('breaker closed');
  await expect(card).not.toHaveAttribute('data-breaker');
  await sandbox.play(1);
  await expect(sandbox.receipts.locator('[data-outcome="refused"]')).toHaveCount(2);
  for (const request of [1, 2]) expect(await sandbox.outcomes(1, request)).toEqual(['refused', 'found']);
  expect(await sandbox.outcomes(1, 3)).toEqual(['found']);
  expect(await sandbox.outcomes(1, 4), 'no DEL gets through either').toEqual(['stored']);
  for (const request of [1, 2]) await expect(sandbox.call(1, request)).not.toContainText('breaker open');
  for (const [request, said] of [[3, 'redis not asked'], [4, 'DEL d not sent']] as const) {
    await expect(sandbox.call(1, request)).toContainText(`breaker open: ${said}`);
    await expect(sandbox.status(1, request)).toHaveText('200');
  }
  await expect(card).toContainText('breaker open');
  await expect(card).toHaveAttribute('data-breaker', 'open');
  await expect(sandbox.inspector).toContainText('redis: the breaker is open.');
  // The card tells how it was at the moment that is shown.
  await sandbox.button('Jump to start').click();
  await expect(card).not.toHaveAttribute('data-breaker');
  await sandbox.button('Jump to end').click();
  await expect(card).toHaveAttribute('data-breaker', 'open');
  // It stays open when the link works again, until its time is up.
  await sandbox.condition('server-redis', 'up');
  await sandbox.play(2);
  await expect(sandbox.receiptsOf(2).filter({ hasText: 'server → redis' })).toHaveCount(0);
  await expect(card).toHaveAttribute('data-breaker', 'open');
});

test('a circuit breaker whose time is up lets one call through, and closes when it is answered', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const breaker = { failures: 2, open_s: 1 };
  await sandbox.import(usual({ requests: ['a', 'b'], keys: ['a', 'b'], server: { breaker }, links: { 'server-redis': { condition: 'cut' } } }));
  const card = sandbox.node('server');
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 2)).toEqual(['refused', 'found']);
  await expect(card).toHaveAttribute('data-breaker', 'half-open');
  await expect(card).toContainText('breaker half-open');
  await sandbox.select(card);
  await expect(sandbox.inspector).toContainText('redis: the breaker is half-open.');
  // The call that is let through fails, and it opens again: with the third frame, which is the refusal.
  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 1)).toEqual(['refused', 'found']);
  await sandbox.timeline.fill('2');
  await expect(card).toHaveAttribute('data-breaker', 'half-open');
  await sandbox.timeline.fill('3');
  await expect(card).toHaveAttribute('data-breaker', 'open');
  await sandbox.button('Jump to end').click();
  await expect(card).toHaveAttribute('data-breaker', 'half-open');

  await sandbox.condition('server-redis', 'up');
  await sandbox.play(3);
  for (const request of [1, 2]) expect(await sandbox.outcomes(3, request)).toEqual(['hit']);
  await expect(card).not.toHaveAttribute('data-breaker');
  await expect(card).toContainText('breaker closed');
});
