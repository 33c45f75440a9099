import { expect, test } from '../fixtures.ts';
import { client, longRun, postgres, redis, Sandbox, scenario, server } from '../support/sandbox.ts';

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
  await sandbox.speed.fill('8');
  await sandbox.button('Replay').click();
  await expect(sandbox.button('Pause')).toBeVisible();
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
  // All of it would be 1,000 requests of ten hops, and two frames a hop.
  expect(Number(all)).toBeLessThan(20_000);
  await sandbox.button('Play').click();
  await expect(sandbox.receiptsOf(2).first()).toBeVisible();
  await sandbox.button('Stop').click();
});

test.describe('one run at a time', () => {
  test.use({ expected: /409/ });

  test('a second run beside one that is going is refused in a sentence', async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    await sandbox.import(longRun());
    // The second press comes as soon as the first run is known to have begun, however slow the page is with its receipts.
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
