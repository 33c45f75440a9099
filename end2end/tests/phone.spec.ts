import { expect, test } from '../fixtures.ts';
import { put, Sandbox, usual } from '../support/sandbox.ts';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

for (const path of ['/', '/sandbox', '/academy']) {
  test(`${path} does not scroll sideways`, async ({ page }) => {
    await page.goto(path);
    await expect(page.locator('body[data-hydrated="true"]')).toBeAttached();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
}

test('everything can be reached, and Play works', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const names = [
    'Undo', 'Redo', 'Export scenario', 'Reset to the example', 'Add client', 'Add server', 'Add Redis', 'Add Postgres',
    'Fit view', 'Play', 'Step back', 'Step forward', 'Jump to start', 'Jump to end', 'Replay', 'Stop',
  ];
  for (const name of names) {
    const button = sandbox.button(name);
    await button.scrollIntoViewIfNeeded();
    const box = (await button.boundingBox())!;
    expect(box.x, name).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width, name).toBeLessThanOrEqual(390);
    // Room for a finger.
    expect(Math.min(box.width, box.height), name).toBeGreaterThanOrEqual(24);
  }
  await expect(sandbox.timeline).toBeVisible();
  await expect(sandbox.speed).toBeVisible();
  await sandbox.speed.fill('0.1'); // so slow that it surely still plays when that is looked for
  await sandbox.button('Play').tap();
  await expect(sandbox.button('Pause')).toBeVisible();
  await sandbox.button('Jump to end').tap();
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await sandbox.receipts.locator('[data-outcome="stored"]').tap();
  await expect(sandbox.receipts.locator('.receipt-details')).toContainText('EX');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test('a tap on a node leads to its inspector', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('redis').tap();
  await expect(sandbox.node('redis')).toHaveClass(/selected/);
  await sandbox.button('Delete john').tap();
  await expect(sandbox.row('john')).toHaveCount(0);
});

test('stores are switched off with a tap, and the options of a server and a link have room', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await sandbox.button('Power off Redis').tap();
  await expect(sandbox.node('redis')).toHaveAttribute('data-power', 'off');
  await sandbox.button('Power on Redis').tap();
  await expect(sandbox.node('redis')).not.toHaveAttribute('data-power');
  await sandbox.node('server').tap();
  for (const name of ['TTL jitter', 'Negative caching', 'Single-flight', 'Circuit breaker']) {
    await sandbox.switch(name).tap();
    await expect(sandbox.switch(name)).toBeChecked();
  }
  expect(await width(), 'a server').toBeLessThanOrEqual(390);
  await sandbox.field('Write policy').selectOption('forget');
  await expect(sandbox.node('server')).toContainText('forget the cache');
  await sandbox.node('client').tap();
  await sandbox.field('Verb of request 1').selectOption('PUT');
  await sandbox.field('Method').selectOption('PUT');
  await expect(sandbox.field('Request value')).toBeVisible();
  expect(await width(), 'a client').toBeLessThanOrEqual(390);
  await sandbox.condition('server-redis', 'black-hole');
  expect(await width(), 'a link').toBeLessThanOrEqual(390);
});

test('what receipts say beside their outcomes can be read', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const server = { policy: 'forget', breaker: { failures: 1, open_s: 600 } } as const;
  await sandbox.import(usual({ requests: [put('a', 'new'), 'a', 'b'], keys: ['a'], rows: ['a', 'b'], server, links: { 'server-postgres': { delay_ms: 300 } } }));
  await sandbox.play(1);
  await expect(sandbox.receipts.locator('[data-stale="true"]')).toHaveCount(1);
  expect(await sandbox.unreadable(), 'stale, and injected').toEqual([]);
  await sandbox.condition('server-redis', 'cut');
  await sandbox.play(2);
  await expect(sandbox.receipts).toContainText('breaker open');
  expect(await sandbox.unreadable(), 'not sent').toEqual([]);
});

test('a finger draws links, moves nodes and the view, and two zoom', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const cdp = await page.context().newCDPSession(page);
  type Point = { x: number; y: number };
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: Point[]) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: touchPoints.map((point, id) => ({ ...point, id })) });
  const swipe = async (from: Point, to: Point) => {
    await touch('touchStart', from);
    for (let step = 1; step <= 5; step++) {
      await touch('touchMove', { x: from.x + ((to.x - from.x) * step) / 5, y: from.y + ((to.y - from.y) * step) / 5 });
    }
    await touch('touchEnd');
  };

  await sandbox.link('server-redis').focus();
  await page.keyboard.press('Delete');
  await expect(sandbox.links()).toHaveCount(2);
  await page.evaluate(() => window.scrollTo(0, 0));
  await swipe(await sandbox.center(sandbox.node('server').locator('[data-port="out"]')), await sandbox.center(sandbox.node('redis')));
  await expect(sandbox.links()).toHaveCount(3);

  const before = await sandbox.place(sandbox.node('redis'));
  const redis = await sandbox.center(sandbox.node('redis'));
  await swipe(redis, { x: redis.x - 30, y: redis.y - 60 });
  await expect.poll(() => sandbox.place(sandbox.node('redis'))).not.toEqual(before);

  const ground = await sandbox.at(60, 60);
  const server = (await sandbox.node('server').boundingBox())!;
  await swipe(ground, { x: ground.x + 40, y: ground.y + 20 });
  await expect.poll(async () => (await sandbox.node('server').boundingBox())!.x - server.x).toBeCloseTo(40, 0);
  const panned = (await sandbox.node('server').boundingBox())!;
  expect(await page.evaluate(() => window.scrollY)).toBe(0);

  const other = { x: ground.x + 60, y: ground.y };
  await touch('touchStart', ground);
  await touch('touchStart', ground, other);
  for (let step = 1; step <= 5; step++) await touch('touchMove', ground, { x: other.x + 12 * step, y: other.y });
  await touch('touchEnd');
  await expect.poll(async () => (await sandbox.node('server').boundingBox())!.width / panned.width).toBeGreaterThan(1.5);
});
