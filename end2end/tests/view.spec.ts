import { expect, test } from '../fixtures.ts';
import { client, postgres, redis, Sandbox, scenario, server, usual } from '../support/sandbox.ts';

const boxOf = async (sandbox: Sandbox, id: string) => (await sandbox.node(id).boundingBox())!;

test('the wheel moves the view, with Shift sideways', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await boxOf(sandbox, 'server');
  const at = await sandbox.at(350, 60);
  await page.mouse.move(at.x, at.y);
  await page.mouse.wheel(0, 90);
  await expect.poll(async () => (await boxOf(sandbox, 'server')).y - before.y).toBeCloseTo(-90, 0);
  await page.mouse.wheel(40, 0);
  await expect.poll(async () => (await boxOf(sandbox, 'server')).x - before.x).toBeCloseTo(-40, 0);
});

test('dragging free ground moves the view, and with Space a drag on a node does too', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await boxOf(sandbox, 'server');
  const drawing = await sandbox.drawing();
  const ground = await sandbox.at(350, 60);
  await sandbox.drag(ground, { x: ground.x + 50, y: ground.y + 30 });
  const panned = await boxOf(sandbox, 'server');
  expect(panned.x - before.x).toBeCloseTo(50, 0);
  expect(panned.y - before.y).toBeCloseTo(30, 0);

  await sandbox.node('server').focus();
  await page.keyboard.down('Space');
  const { x, y } = await sandbox.center(sandbox.node('server'));
  await sandbox.drag({ x, y: y + 30 }, { x: x - 80, y: y + 10 });
  await page.keyboard.up('Space');
  const back = await boxOf(sandbox, 'server');
  expect(back.x - panned.x).toBeCloseTo(-80, 0);
  expect(back.y - panned.y).toBeCloseTo(-20, 0);
  expect(await sandbox.drawing()).toEqual(drawing);
});

test('Ctrl-wheel zooms about the pointer; + and - zoom; Fit view shows everything again', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await boxOf(sandbox, 'server');
  // The point under the pointer stays: the corner of the server's card.
  await page.mouse.move(before.x, before.y);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expect.poll(async () => (await boxOf(sandbox, 'server')).width).toBeGreaterThan(before.width * 1.1);
  const near = await boxOf(sandbox, 'server');
  expect(Math.abs(near.x - before.x)).toBeLessThan(2);
  expect(Math.abs(near.y - before.y)).toBeLessThan(2);

  await sandbox.node('server').focus();
  await page.keyboard.press('+');
  await expect.poll(async () => (await boxOf(sandbox, 'server')).width).toBeGreaterThan(near.width * 1.1);
  for (let presses = 0; presses < 12; presses++) await page.keyboard.press('-');
  await expect.poll(async () => (await boxOf(sandbox, 'server')).width).toBeLessThan(before.width / 2);
  await sandbox.button('Zoom in').click();
  await sandbox.button('Zoom out').click();

  await sandbox.button('Fit view').click();
  await expect.poll(async () => (await boxOf(sandbox, 'server')).width).toBeCloseTo(before.width, 0);
  const surface = (await sandbox.canvas.locator('.surface').boundingBox())!;
  for (const id of ['client', 'server', 'redis', 'postgres']) {
    const box = await boxOf(sandbox, id);
    expect(box.x).toBeGreaterThanOrEqual(surface.x);
    expect(box.y).toBeGreaterThanOrEqual(surface.y);
    expect(box.x + box.width).toBeLessThanOrEqual(surface.x + surface.width);
    expect(box.y + box.height).toBeLessThanOrEqual(surface.y + surface.height);
  }
});

test('of 500 nodes the one that is dragged moves, with its own links and nothing else', async ({ page }) => {
  test.slow();
  const sandbox = await Sandbox.open(page);
  const nodes = [];
  const links = [];
  for (let group = 0; group < 125; group++) {
    const [x, y] = [(group % 10) * 1_200, Math.floor(group / 10) * 480];
    nodes.push(client(`c${group}`, ['a'], x, y + 120), server(`s${group}`, {}, x + 336, y + 120));
    nodes.push(redis(`r${group}`, [], x + 672, y), postgres(`p${group}`, [], x + 672, y + 240));
    links.push(`c${group}-s${group}`, `s${group}-r${group}`, `s${group}-p${group}`);
  }
  await sandbox.import(scenario(nodes, links));
  await sandbox.button('Fit view').click();
  const look = async () => ({
    places: await sandbox.nodes().evaluateAll((cards) => cards.map((card) => `${card.getAttribute('data-node-id')} ${(card as HTMLElement).style.margin}`)),
    paths: await sandbox.links().evaluateAll((links) => links.map((link) => `${link.getAttribute('data-link')} ${link.querySelector('.link-line')!.getAttribute('d')}`)),
  });
  const before = await look();
  const { x, y } = await sandbox.center(sandbox.node('s57'));
  await sandbox.drag({ x, y }, { x: x + 40, y: y + 25 });
  await expect(sandbox.node('s57')).toHaveClass(/selected/);
  const after = await look();
  const moved = (before: string[], after: string[]) => after.filter((line) => !before.includes(line)).map((line) => line.split(' ')[0]);
  expect(moved(before.places, after.places)).toEqual(['s57']);
  expect(moved(before.paths, after.paths).sort()).toEqual(['c57-s57', 's57-p57', 's57-r57']);
  await page.keyboard.press('Control+z');
  expect(await look()).toEqual(before);
});

test('what validation finds stands at its node and in a list that leads there', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(scenario([client('ann', ['a'], 48, 72), client('bob', [], 48, 312), server('api'), redis('cache')], ['ann-api', 'bob-api', 'api-cache']));
  await expect(sandbox.node('api')).toContainText('This server has no database: a miss will end in 404.');
  await expect(sandbox.node('bob')).toContainText('This client has no requests');
  const issues = sandbox.inspector.getByRole('list', { name: 'Issues' });
  await expect(issues.getByRole('listitem')).toHaveText([/bob.*has no requests/, /api.*has no database/]);
  await issues.getByRole('button', { name: /has no database/ }).click();
  await expect(sandbox.node('api')).toHaveClass(/selected/);
  await expect(sandbox.inspector.getByRole('heading', { name: /api/ })).toBeFocused();
  await expect(sandbox.inspector).toContainText('has no database');
  // What can run, runs.
  await expect(sandbox.button('Play')).toBeEnabled();
  await expect(sandbox.button('Play bob')).toBeDisabled();
});

test('a drawing that cannot run says why before Play is pressed', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const transport = page.getByRole('region', { name: 'Transport' });
  await sandbox.link('client-server').focus();
  await page.keyboard.press('Delete');
  await expect(sandbox.button('Play')).toBeDisabled();
  await expect(transport.getByText('This client is not linked to a server')).toBeVisible();
  await expect(sandbox.button('Play')).toHaveAccessibleDescription(/not linked to a server/);
  await page.keyboard.press('Control+z');
  await expect(sandbox.button('Play')).toBeEnabled();
  await sandbox.clear();
  await expect(transport.getByText('Nothing is drawn yet')).toBeVisible();
});

for (const width of [1400, 1000]) {
  test(`what receipts say beside their outcomes stays beside their times, in a window of ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    const sandbox = await Sandbox.open(page);
    const own = usual({ requests: ['a', 'b', 'nobody'], keys: ['a'], rows: ['a', 'b'], server: { breaker: { failures: 1, open_s: 600 } }, links: { 'server-redis': { condition: 'cut' }, 'server-postgres': { delay_ms: 300 } } });
    // Names may be as long as this one.
    own.graph.nodes[2]!.name = 'The cache of all the sessions, products and carts';
    await sandbox.import(own);
    await sandbox.play(1);
    await expect(sandbox.receipts).toContainText('breaker open: The cache of all the sessions, products and carts not asked');
    expect(await sandbox.unreadable()).toEqual([]);
  });
}

test.describe('for whoever asked for less movement', () => {
  test.use({ reducedMotion: 'reduce' });

  test('packets rest on their links instead of flying', async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    await sandbox.play(1);
    const place = () => sandbox.packets().first().evaluate((packet: HTMLElement) => packet.style.transform);
    await sandbox.timeline.fill('1.2');
    await expect(sandbox.packets()).toHaveCount(1);
    const early = await place();
    await sandbox.timeline.fill('1.8');
    await expect(sandbox.counter()).toHaveText('Frame 2 of 16');
    expect(await place()).toBe(early);
    await expect(sandbox.link('server-redis')).toHaveClass(/current/);
  });
});

test('for everyone else they fly', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  const place = () => sandbox.packets().first().evaluate((packet: HTMLElement) => packet.style.transform);
  await sandbox.timeline.fill('1.2');
  const early = await place();
  await sandbox.timeline.fill('1.8');
  await expect.poll(place).not.toBe(early);
});
