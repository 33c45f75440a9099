import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

const position = (sandbox: Sandbox, id: string) => sandbox.place(sandbox.node(id));

test('the textbook drawing can be built from an empty canvas with the mouse, and runs', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.clear();
  await expect(page.getByText('Nothing is drawn yet').first()).toBeVisible();
  await expect(sandbox.button('Play')).toBeDisabled();

  await sandbox.add('client', 140, 250);
  await sandbox.add('server', 440, 250);
  await sandbox.add('Redis', 760, 110);
  await sandbox.add('Postgres', 760, 390);
  await expect(sandbox.nodes()).toHaveCount(4);
  const [client, server] = [sandbox.nodes('client'), sandbox.nodes('server')];
  const [redis, postgres] = [sandbox.nodes('redis'), sandbox.nodes('postgres')];
  // Each stands where it was dropped.
  const dropped = await sandbox.at(440, 250);
  const middle = await sandbox.center(server);
  expect(Math.hypot(middle.x - dropped.x, middle.y - dropped.y)).toBeLessThan(20);

  await sandbox.connect(client, server);
  await expect(sandbox.links()).toHaveCount(1);
  await sandbox.connect(server, redis);
  await sandbox.connect(server, postgres);
  await expect(sandbox.links()).toHaveCount(3);

  await sandbox.select(client);
  for (const key of ['rohan', 'john', 'doe']) {
    await sandbox.field('Request key').fill(key);
    await sandbox.button('Add request').click();
    await expect(sandbox.field('Request key')).toHaveValue('');
  }
  await expect(client).toContainText('GET rohan, GET john, GET doe');
  await sandbox.select(server);
  await sandbox.field('TTL (seconds)').fill('60');
  await page.keyboard.press('Enter');
  await sandbox.select(redis);
  for (const key of ['rohan', 'john']) {
    await sandbox.button('Add key').click();
    await sandbox.put(key, `of ${key}`);
  }
  await sandbox.select(postgres);
  for (const key of ['rohan', 'john', 'doe']) {
    await sandbox.button('Add row').click();
    await sandbox.put(key, `of ${key}`);
  }
  await expect(postgres).toContainText('3 rows');

  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await expect(sandbox.receipts.locator('[data-outcome="stored"]')).toContainText('EX 60');
  await expect(redis).toContainText('3 keys');
});

const forbidden = [
  { from: 'client', to: 'redis', why: 'A client never talks to a store itself' },
  { from: 'client', to: 'postgres', why: 'A client never talks to a store itself' },
  { from: 'server', to: 'client', why: 'Draw it from the client to the server' },
];
for (const { from, to, why } of forbidden) {
  test(`a link from ${from} to ${to} is refused with a reason, and draws nothing`, async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    const before = await sandbox.drawing();
    await sandbox.connect(sandbox.node(from), sandbox.node(to), false);
    await expect(sandbox.canvas.locator('.draft-words')).toContainText(why);
    await expect(sandbox.node(to)).toHaveAttribute('data-linking', 'refused');
    await page.mouse.up();
    await expect(sandbox.notice()).toContainText(why);
    await expect(sandbox.canvas.locator('.draft-words')).toBeHidden();
    expect(await sandbox.drawing()).toEqual(before);
    await expect(sandbox.button('Undo')).toHaveAttribute('aria-disabled', 'true');
  });
}

test('a link that is there already, and one that ends on free ground, draw nothing', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await sandbox.drawing();
  await sandbox.connect(sandbox.node('server'), sandbox.node('redis'));
  await expect(sandbox.notice()).toContainText('already linked');
  await sandbox.drag(await sandbox.center(sandbox.node('server').locator('[data-port="out"]')), await sandbox.at(400, 60));
  expect(await sandbox.drawing()).toEqual(before);
  // Escape gives a link up that is being drawn.
  await sandbox.link('client-server').focus();
  await page.keyboard.press('Delete');
  await expect(sandbox.links()).toHaveCount(2);
  await sandbox.connect(sandbox.node('client'), sandbox.node('server'), false);
  await expect(sandbox.canvas.locator('.draft-words')).toContainText('Release to link these two.');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await expect(sandbox.links()).toHaveCount(2);
});

test('a store has no port from which a link could be drawn', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  for (const store of ['redis', 'postgres']) {
    await expect(sandbox.node(store).locator('[data-port="in"]')).toHaveCount(1);
    await expect(sandbox.node(store).locator('[data-port="out"]')).toHaveCount(0);
  }
});

test('without the link to Redis all three requests go straight to Postgres', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const middle = await sandbox.link('server-redis').locator('.link-line').evaluate((path: SVGPathElement) => {
    const point = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM()!);
    return { x: point.x, y: point.y };
  });
  await page.mouse.click(middle.x, middle.y);
  await expect(sandbox.link('server-redis')).toHaveClass(/selected/);
  await sandbox.button('Delete link').click();
  await expect(sandbox.links()).toHaveCount(2);
  await sandbox.play(1);
  for (const request of [1, 2, 3]) expect(await sandbox.outcomes(1, request)).toEqual(['found']);
  await expect(sandbox.receipts.locator('[data-outcome="hit"], [data-outcome="miss"], [data-outcome="stored"]')).toHaveCount(0);
  await expect(sandbox.node('postgres')).toContainText('3 queries');
});

test('a node that is dragged snaps to the grid, and with Alt stands freely', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const server = sandbox.node('server');
  const before = await position(sandbox, 'server');
  const { x, y } = await sandbox.center(server);
  await sandbox.drag({ x, y: y + 30 }, { x: x + 55, y: y + 95 });
  const snapped = await position(sandbox, 'server');
  expect(snapped).not.toEqual(before);
  expect([snapped.x % 24, snapped.y % 24]).toEqual([0, 0]);
  const path = await sandbox.link('client-server').locator('.link-line').getAttribute('d');

  const there = await sandbox.center(server);
  await page.keyboard.down('Alt');
  await sandbox.drag({ x: there.x, y: there.y + 30 }, { x: there.x + 17, y: there.y + 41 });
  await page.keyboard.up('Alt');
  const free = await position(sandbox, 'server');
  expect([free.x % 24, free.y % 24]).not.toEqual([0, 0]);
  expect(Math.abs(free.x - snapped.x - 17)).toBeLessThan(3);
  // Its links follow it.
  await expect(sandbox.link('client-server').locator('.link-line')).not.toHaveAttribute('d', path!);
  await sandbox.saved();
  await page.reload();
  await sandbox.isAlive();
  expect(await position(sandbox, 'server')).toEqual(free);
});

test('a click on the palette adds a node, and the next click puts it where it should be', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.button('Add Redis').click();
  await expect(sandbox.nodes('redis')).toHaveCount(2);
  const added = sandbox.nodes('redis').last();
  await expect(added).toHaveAttribute('aria-label', 'Redis: Redis 2');
  await expect(added).toHaveClass(/selected/);
  const to = await sandbox.at(300, 430);
  await page.mouse.click(to.x, to.y);
  const middle = await sandbox.center(added);
  expect(Math.hypot(middle.x - to.x, middle.y - to.y)).toBeLessThan(20);
  await expect(sandbox.nodes('redis')).toHaveCount(2);
});

test('names, requests, TTL, places, nodes and links: all of it can be undone to the start, and redone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const first = await sandbox.drawing();
  const started = await sandbox.export();
  const server = sandbox.node('server');
  const { x, y } = await sandbox.center(server);

  await sandbox.drag({ x, y: y + 30 }, { x: x + 60, y: y + 120 });
  await sandbox.rename('API');
  await sandbox.field('TTL (seconds)').fill('60');
  await page.keyboard.press('Enter');
  await expect(server).toContainText('60 s');
  await sandbox.select(sandbox.node('client'));
  await sandbox.button('Remove request 2').click();
  await sandbox.button('Move request 1 down').click();
  await expect(sandbox.node('client')).toContainText('GET doe, GET rohan');
  await sandbox.button('Add client').click();
  await page.keyboard.press('Escape');
  await sandbox.connect(sandbox.nodes('client').last(), server);
  await expect(sandbox.links()).toHaveCount(4);
  await sandbox.node('postgres').focus();
  await page.keyboard.press('Delete');
  await expect(sandbox.links()).toHaveCount(3);
  const last = await sandbox.drawing();

  const undo = sandbox.button('Undo');
  for (let edits = 0; edits < 8; edits++) {
    await expect(undo).toHaveAttribute('aria-disabled', 'false');
    await undo.click();
  }
  await expect(undo).toHaveAttribute('aria-disabled', 'true');
  expect(await sandbox.drawing()).toEqual(first);
  await sandbox.saved();
  const undone = await sandbox.export();
  // A key's time to live goes on counting down meanwhile.
  const timeless = (value: unknown) => JSON.stringify(value, (key, value) => (key === 'ttl_s' && value < 3_600 && value > 3_000 ? 3_600 : value));
  expect(timeless(undone)).toBe(timeless(started));

  for (let edits = 0; edits < 8; edits++) await page.keyboard.press('Control+Shift+z');
  expect(await sandbox.drawing()).toEqual(last);
  await expect(sandbox.button('Redo')).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Control+z');
  expect(await sandbox.drawing()).not.toEqual(last);
  await page.keyboard.press('Control+y');
  expect(await sandbox.drawing()).toEqual(last);
});

test('a node that comes back by undo has its data again', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.node('postgres').focus();
  await page.keyboard.press('Delete');
  await sandbox.saved();
  await sandbox.button('Undo').click();
  await expect(sandbox.links()).toHaveCount(3);
  await expect(sandbox.node('postgres')).toContainText('3 rows');
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
});
