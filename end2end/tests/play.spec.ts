import { expect, test } from '../fixtures.ts';
import { client, link, longRun, postgres, redis, Sandbox, scenario, server, usual } from '../support/sandbox.ts';

const outcomes = (sandbox: Sandbox, run: number) =>
  sandbox.receiptsOf(run).evaluateAll((rows) => rows.map((row) => row.getAttribute('data-outcome')));

test('the first Play gives hit, hit, and a miss that is filled; the second gives three hits', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await expect(sandbox.counter()).toHaveText('No frames yet');
  await expect(sandbox.receipts).toContainText('press Play');
  await sandbox.play(1);
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await expect(sandbox.receiptsOf(1, 3).last()).toContainText('200');
  await expect(sandbox.node('redis')).toContainText('3 keys');
  await expect(sandbox.node('redis')).toContainText('2 hits, 1 miss');
  await expect(sandbox.node('postgres')).toContainText('1 query');

  await sandbox.play(2);
  await expect(sandbox.counter()).toHaveText('Frame 12 of 12');
  expect(await outcomes(sandbox, 2)).toEqual(['hit', 'found', 'hit', 'found', 'hit', 'found']);
  await expect(sandbox.node('redis')).toContainText('5 hits, 1 miss');
  await expect(sandbox.node('postgres')).toContainText('1 query');
});

test('the main button is Play, then Pause, Resume and Pause again, and Play once more at the end', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const only = async (name: string) => {
    await expect(sandbox.button(name)).toBeVisible();
    for (const other of ['Play', 'Pause', 'Resume'].filter((other) => other !== name)) {
      await expect(sandbox.button(other)).toHaveCount(0);
    }
  };
  await only('Play');
  // So slow that it surely plays until it is paused.
  await sandbox.speed.fill('0.1');
  await sandbox.button('Play').click();
  await only('Pause');
  await sandbox.button('Pause').click();
  await only('Resume');
  await sandbox.button('Resume').click();
  await only('Pause');
  await sandbox.speed.fill('8');
  await only('Play');
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
});

test('Replay shows the last run again and asks no store for it', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await sandbox.play(1);
  await expect(sandbox.figure('Hits')).toHaveText('2');
  await sandbox.button('Delete doe').click();
  await expect(sandbox.row('doe')).toHaveCount(0);

  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') asked.push(request.url());
  });
  await sandbox.speed.fill('0.1');
  await sandbox.button('Replay').click();
  await expect(sandbox.button('Pause')).toBeVisible();
  await sandbox.speed.fill('8');
  await expect(sandbox.button('Play')).toBeVisible();
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
  await expect(sandbox.receiptsOf(1)).toHaveCount(8);
  await expect(sandbox.receiptsOf(2)).toHaveCount(0);
  await expect(sandbox.figure('Hits')).toHaveText('2');
  await expect(sandbox.row('doe')).toHaveCount(0);
  expect(asked.filter((url) => url.includes('run'))).toEqual([]);

  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 3)).toEqual(['miss', 'found', 'stored']);
});

test('Stop ends a run that is going, and the next Play is a new one', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(longRun());
  await sandbox.button('Play').click();
  await expect(sandbox.receiptsOf(1).first()).toBeVisible();
  await sandbox.button('Stop').click();
  await expect(sandbox.button('Play')).toBeVisible();
  const [, at, all] = /^Frame (\d+) of (\d+)$/.exec(await sandbox.counter().innerText()) ?? [];
  expect(Number(at)).toBeGreaterThan(0);
  expect(at).toBe(all);
  // All of it would be 100 requests of three hops, and two frames a hop.
  expect(Number(all)).toBeLessThan(600);
  await sandbox.button('Play').click();
  await expect(sandbox.receiptsOf(2).first()).toBeVisible();
  await sandbox.button('Stop').click();
});

test('Stop ends a wait at once, and leaves nobody waiting', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  // Without Stop this request takes the 30 seconds that a request may take: longer than anything here is waited for.
  const server = { redis_timeout_ms: null };
  await sandbox.import(usual({ requests: ['a'], keys: ['a'], server, links: { 'server-redis': { condition: 'black-hole' } } }));
  await sandbox.button('Play').click();
  await expect(sandbox.counter()).toHaveText(/ of 2$/);
  await sandbox.button('Stop').click();
  await expect(sandbox.button('Play')).toBeVisible();
  expect(await sandbox.allOutcomes(1)).toEqual(['timed-out']);
  await expect(await sandbox.open(sandbox.receiptsOf(1).first())).toContainText('Stopped: nobody waits any more.');
  await sandbox.condition('server-redis', 'up');
  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 1)).toEqual(['hit']);
});

test('Stop ends a delay at once', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  // Two lanes whose delays differ: whenever Stop is pressed, at least one of them is in the middle of one.
  const delays = { one: 1_500, two: 1_100 };
  const requests = Array.from({ length: 100 }, () => 'a');
  const nodes = [client('ann', requests, 48, 72), client('bob', requests, 48, 312), server('one', {}, 384, 72), server('two', {}, 384, 312), postgres()];
  const links = [link('ann-one'), link('bob-two'), link('one-postgres', { delay_ms: delays.one }), link('two-postgres', { delay_ms: delays.two })];
  await sandbox.import(scenario(nodes, links));
  await sandbox.button('Play').click();
  await expect(sandbox.receiptsOf(1).first()).toBeVisible();
  await sandbox.button('Stop').click();
  await expect(sandbox.button('Play')).toBeVisible();
  const left = { one: 0, two: 0 };
  for (const name of ['one', 'two'] as const) {
    const last = sandbox.receiptsOf(1).filter({ hasText: `${name} → postgres` }).last();
    left[name] = delays[name] - (await sandbox.injected(last));
  }
  expect(Math.max(left.one, left.two)).toBeGreaterThan(0);
});

test('two clients run beside each other, each in a lane of its own', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const lanes = page.locator('svg.segments');
  await sandbox.play(1);
  await expect(lanes).toHaveAttribute('data-lanes', '1');
  const nodes = [client('ann', ['a', 'b'], 48, 72), client('bob', ['c', 'd'], 48, 312), server(), redis(), postgres('postgres', ['a', 'b', 'c', 'd'])];
  const slow = { delay_ms: 1_000 };
  await sandbox.import(scenario(nodes, [link('ann-server', slow), link('bob-server', slow), 'server-redis', 'server-postgres']));
  await sandbox.play(2);
  await expect(lanes).toHaveAttribute('data-lanes', '2');
  const calls = await sandbox.receiptsOf(2).filter({ hasText: /(ann|bob) → server/ }).locator('.path').allInnerTexts();
  expect(calls).toHaveLength(4);
  // Both got their first answer before either got its second.
  expect(calls.slice(0, 2).sort()).toEqual(['ann → server', 'bob → server']);
  for (const request of [1, 2, 3, 4]) {
    expect(await sandbox.outcomes(2, request)).toEqual(['miss', 'found', 'stored']);
    await expect(sandbox.status(2, request)).toHaveText('200');
  }
  // The second has been sent before the first arrived.
  await sandbox.timeline.fill('1.5');
  await expect.poll(async () => (await sandbox.packets().allInnerTexts()).sort()).toEqual(['GET a', 'GET c']);
});

test.describe('one run at a time', () => {
  test.use({ expected: /409/ });

  test('a second run beside one that is going is refused in a sentence', async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    await sandbox.import(longRun());
    // The first run goes on for minutes, however slow the page is with its receipts.
    const begun = page.waitForResponse((response) => response.url().endsWith('/api/run'));
    await sandbox.button('Play').click();
    await begun;
    await sandbox.button('Play client').dispatchEvent('click');
    await expect(sandbox.notice()).toContainText('A run is going');
    await sandbox.button('Stop').click();
  });
});

test('two tabs see the same run, whichever of them pressed Play', async ({ page, context }) => {
  const one = await Sandbox.open(page);
  const other = await Sandbox.open(await context.newPage());
  await other.speed.fill('8');
  await one.play(1);
  await expect(other.receiptsOf(1)).toHaveCount(8);
  await expect(other.counter()).toHaveText('Frame 16 of 16');
  await expect(other.node('redis')).toContainText('2 hits, 1 miss');
  await other.play(2);
  await one.end();
  await expect(one.receiptsOf(2)).toHaveCount(6);
});

test('the button on a client sends the requests of that client alone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const nodes = [client('ann', ['a', 'b'], 48, 72), client('bob', ['c'], 48, 312), server(), redis(), postgres('postgres', ['a', 'b', 'c'])];
  await sandbox.import(scenario(nodes, ['ann-server', 'bob-server', 'server-redis', 'server-postgres']));
  await sandbox.button('Play bob').click();
  await expect(sandbox.receiptsOf(1, 1)).toHaveCount(4);
  await sandbox.end();
  await expect(sandbox.receiptsOf(1)).toHaveCount(4);
  await expect(sandbox.receiptsOf(1).last()).toContainText('GET c');
  await sandbox.select(sandbox.node('ann'));
  await sandbox.button('Run this client').click();
  await expect(sandbox.receiptsOf(2)).toHaveCount(8);
  await sandbox.end();
  await sandbox.play(3);
  await expect(sandbox.receiptsOf(3)).toHaveCount(6);
});
