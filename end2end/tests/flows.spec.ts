import { expect, test } from '../fixtures.ts';
import { listen, Sandbox } from '../support/sandbox.ts';

test('the first Play gives hit, hit, miss and a fill, the second three hits', async ({ page }) => {
  const complaints = listen(page);
  const sandbox = await Sandbox.open(page);
  await expect(sandbox.counter()).toHaveText('No frames yet');
  await sandbox.button('Play').click();
  await expect(sandbox.button('Pause')).toBeVisible();
  await sandbox.end();
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await sandbox.play(2);
  for (const request of [1, 2, 3]) expect(await sandbox.outcomes(2, request)).toEqual(['hit']);
  await expect(sandbox.nodes('redis')).toContainText('3 keys');
  await expect(sandbox.nodes('redis')).toContainText('5 hits, 1 miss');
  await expect(sandbox.nodes('postgres')).toContainText('1 query');
  expect(complaints).toEqual([]);
});

test('deleting john in the inspector makes john miss', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.nodes('redis'));
  const keys = page.getByRole('table', { name: 'Keys' });
  await expect(keys).toContainText('john');
  await sandbox.button('Delete john').click();
  await expect(keys).not.toContainText('john');
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['miss', 'found', 'stored']);
  await expect(keys).toContainText('john');
  await expect(keys).toContainText('doe');
});

test('keys and rows can be added, edited and flushed, and other tabs see it', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.nodes('redis'));
  const keys = page.getByRole('table', { name: 'Keys' });
  await sandbox.button('Add key').click();
  await page.getByLabel('Key', { exact: true }).fill('doe');
  await page.getByLabel('Value', { exact: true }).fill('Doe, from the inspector');
  await page.getByLabel('TTL (seconds)', { exact: true }).fill('500');
  await sandbox.button('Save').click();
  await expect(keys).toContainText('Doe, from the inspector');

  const other = await Sandbox.open(await context.newPage());
  await other.select(other.nodes('redis'));
  const seen = other.page.getByRole('table', { name: 'Keys' });
  await expect(seen).toContainText('Doe, from the inspector');
  await sandbox.button('Edit doe').click();
  await page.getByLabel('Value', { exact: true }).fill('Doe, again');
  await sandbox.button('Save').click();
  await expect(seen).toContainText('Doe, again');
  await sandbox.button('Flush').click();
  await expect(seen).not.toContainText('doe');
  await expect(sandbox.nodes('redis')).toContainText('0 keys');

  await sandbox.select(sandbox.nodes('postgres'));
  const rows = page.getByRole('table', { name: 'Rows' });
  await sandbox.button('Delete rohan').click();
  await expect(rows).not.toContainText('rohan');
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['miss', 'not-found']);
});

test('without the link to Redis all three go straight to Postgres', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.canvas.locator('[data-link="server-redis"]').focus();
  await page.keyboard.press('Delete');
  await expect(sandbox.links()).toHaveCount(2);
  await sandbox.play(1);
  for (const request of [1, 2, 3]) expect(await sandbox.outcomes(1, request)).toEqual(['found']);
  await expect(sandbox.receipts.locator('[data-outcome="hit"], [data-outcome="miss"]')).toHaveCount(0);
});

test('the whole drawing can be built from nothing with the mouse', async ({ page }) => {
  const complaints = listen(page);
  const sandbox = await Sandbox.open(page);
  await sandbox.clear();
  await expect(page.getByText('Nothing is drawn yet').first()).toBeVisible();
  await expect(sandbox.button('Play')).toBeDisabled();
  await sandbox.add('client', 140, 250);
  await sandbox.add('server', 440, 250);
  await sandbox.add('Redis', 760, 110);
  await sandbox.add('Postgres', 760, 390);
  const client = sandbox.nodes('client');
  const server = sandbox.nodes('server');
  const redis = sandbox.nodes('redis');
  const postgres = sandbox.nodes('postgres');
  await expect(sandbox.nodes()).toHaveCount(4);

  await sandbox.connect(client, redis, false);
  await expect(sandbox.canvas.getByText('never talks to a store itself').first()).toBeVisible();
  await page.mouse.up();
  await expect(sandbox.links()).toHaveCount(0);

  await sandbox.connect(client, server);
  await sandbox.connect(server, redis);
  await sandbox.connect(server, postgres);
  await expect(sandbox.links()).toHaveCount(3);
  await expect(client).toContainText('no requests');

  await sandbox.select(client);
  await sandbox.inspector.getByLabel('Request key', { exact: true }).fill('ada');
  await sandbox.button('Add request').click();
  await sandbox.select(postgres);
  await sandbox.button('Add row').click();
  await page.getByLabel('Key', { exact: true }).fill('ada');
  await page.getByLabel('Value', { exact: true }).fill('Ada, London');
  await sandbox.button('Save').click();
  await expect(page.getByRole('table', { name: 'Rows' })).toContainText('Ada, London');
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['miss', 'found', 'stored']);
  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 1)).toEqual(['hit']);
  expect(complaints).toEqual([]);
});

test('the whole drawing can be built from nothing with the keyboard alone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const { keyboard } = page;
  await sandbox.clear();
  for (const kind of ['client', 'server', 'Redis', 'Postgres']) {
    await sandbox.button(`Add ${kind}`).focus();
    await keyboard.press('Enter');
    const node = sandbox.nodes(kind.toLowerCase());
    await expect(node).toBeFocused();
    const before = await sandbox.place(node);
    await keyboard.press('ArrowDown');
    expect(await sandbox.place(node)).not.toBe(before);
  }
  // C on a node, then Tab to the target and Enter.
  for (const [from, to, tabs] of [['client', 'server', 1], ['server', 'redis', 1], ['server', 'postgres', 2]] as const) {
    await sandbox.nodes(from).focus();
    await keyboard.press('c');
    for (let i = 0; i < (from === 'client' ? tabs + 1 : tabs); i++) await keyboard.press('Tab'); // the run button is between
    if (!(await sandbox.nodes(to).evaluate((node) => node === document.activeElement))) await sandbox.nodes(to).focus();
    await keyboard.press('Enter');
  }
  await expect(sandbox.links()).toHaveCount(3);

  await sandbox.nodes('client').focus();
  await keyboard.press('Enter');
  await expect(page.locator('#inspector-heading')).toBeFocused();
  await sandbox.inspector.getByLabel('Request key', { exact: true }).focus();
  await keyboard.type('ada');
  await keyboard.press('Enter');
  await expect(sandbox.nodes('client')).toContainText('GET ada');
  await sandbox.button('Play').focus();
  await keyboard.press('Enter');
  await expect(sandbox.receipts.locator('[data-run="1"]').first()).toBeVisible();
  await sandbox.end();
  expect(await sandbox.outcomes(1, 1)).toEqual(['miss', 'not-found']);

  await sandbox.nodes('redis').focus();
  await keyboard.press('Delete');
  await expect(sandbox.nodes()).toHaveCount(3);
  expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
  await keyboard.press('Control+z');
  await expect(sandbox.nodes()).toHaveCount(4);
  await expect(sandbox.links()).toHaveCount(3);
});

test('every edit can be undone and redone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const look = async () => ({
    places: await sandbox.nodes().evaluateAll((nodes) => nodes.map((n) => [n.getAttribute('aria-label'), (n as HTMLElement).style.transform])),
    links: await sandbox.links().evaluateAll((links) => links.map((link) => link.getAttribute('data-link')).sort()),
  });
  const first = await look();
  const server = sandbox.nodes('server');
  const from = await sandbox.center(server);
  await sandbox.drag({ x: from.x, y: from.y + 30 }, { x: from.x + 60, y: from.y + 120 });
  await sandbox.inspector.getByLabel('Name', { exact: true }).fill('API');
  await page.keyboard.press('Enter');
  await expect(server).toHaveAttribute('aria-label', 'Server: API');
  await sandbox.inspector.getByLabel('TTL (seconds)', { exact: true }).fill('60');
  await page.keyboard.press('Enter');
  await expect(server).toContainText('60 s');
  await sandbox.button('Add client').click();
  await page.keyboard.press('Escape');
  await expect(sandbox.nodes()).toHaveCount(5);
  await sandbox.nodes('postgres').focus();
  await page.keyboard.press('Delete');
  await expect(sandbox.links()).toHaveCount(2);
  const last = await look();

  for (let i = 0; i < 5; i++) await sandbox.button('Undo').click();
  expect(await look()).toEqual(first);
  await expect(server).toContainText('3600 s');
  for (let i = 0; i < 5; i++) await page.keyboard.press('Control+Shift+z');
  expect(await look()).toEqual(last);
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+y');
  expect(await look()).toEqual(last);
});

test('a reload keeps the scenario, and the server draws it without any script', async ({ page, browser, baseURL, context }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.nodes('redis'));
  await sandbox.inspector.getByLabel('Name', { exact: true }).fill('Hot keys');
  await page.keyboard.press('Enter');
  await sandbox.saved();
  await page.reload();
  await sandbox.isAlive();
  await expect(sandbox.nodes('redis')).toContainText('Hot keys');
  const plain = await browser.newContext({ javaScriptEnabled: false, baseURL, storageState: await context.storageState() });
  const still = await plain.newPage();
  await still.goto('/sandbox');
  await expect(still.locator('[data-node-id]')).toHaveCount(4);
  await expect(still.locator('[data-link]')).toHaveCount(3);
  await expect(still.locator('[data-kind="redis"]')).toContainText('Hot keys');
  await plain.close();
});

test('one can pause, step, scrub and jump, and a receipt leads to its frame', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.button('Play').click();
  await sandbox.button('Pause').click();
  await expect(sandbox.button('Resume')).toBeVisible();
  await sandbox.button('Jump to start').click();
  await expect(sandbox.counter()).toHaveText('Frame 0 of 16');
  await sandbox.button('Step forward').click();
  await sandbox.button('Step forward').click();
  await expect(sandbox.counter()).toHaveText('Frame 2 of 16');
  await expect(sandbox.canvas.locator('.packet:not([hidden])')).toHaveCount(1);
  await sandbox.button('Step back').click();
  await expect(sandbox.counter()).toHaveText('Frame 1 of 16');
  const timeline = page.getByRole('slider', { name: 'Timeline' });
  await timeline.fill('7');
  await expect(sandbox.counter()).toHaveText('Frame 7 of 16');
  await timeline.focus();
  await page.keyboard.press('ArrowRight');
  await expect(sandbox.counter()).toHaveText('Frame 8 of 16');
  await sandbox.receipts.locator('[data-outcome="miss"]').click();
  await expect(sandbox.counter()).toHaveText('Frame 11 of 16');
  await expect(sandbox.receipts).toContainText(/GET "?aside:\{[0-9a-f]+:redis\}:doe/);
  await expect(sandbox.canvas.locator('[data-link="server-redis"]')).toHaveClass(/selected/);
  await sandbox.button('Jump to end').click();
  await expect(sandbox.button('Play')).toBeVisible();
  await sandbox.button('Replay').click();
  await expect(sandbox.button('Pause')).toBeVisible();
  await expect(sandbox.receipts.locator('[data-run="2"]')).toHaveCount(0);
});

test('a run of another tab does not move a viewer who paused', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.button('Play').click();
  await sandbox.button('Pause').click();
  await page.getByRole('slider', { name: 'Timeline' }).fill('5');
  const other = await Sandbox.open(await context.newPage());
  await other.end();
  await other.play(2);
  await expect(page.getByText('Run 2 has happened meanwhile')).toBeVisible();
  await expect(sandbox.counter()).toHaveText('Frame 5 of 16');
  await expect(sandbox.receipts.locator('[data-run="1"]').first()).toBeVisible();
});

test('a scenario can be exported, imported and reset; a bad file changes nothing', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const download = page.waitForEvent('download');
  await sandbox.button('Export scenario').click();
  const path = await (await download).path();
  await sandbox.clear();
  await page.getByLabel('Import scenario').setInputFiles(path);
  await expect(sandbox.nodes()).toHaveCount(4);
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await page.getByLabel('Import scenario').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"format": 99}') });
  await expect(page.getByText('A newer version of Aside wrote it')).toBeVisible();
  await expect(sandbox.nodes()).toHaveCount(4);
  await sandbox.nodes('client').focus();
  await page.keyboard.press('Delete');
  await sandbox.button('Reset to the example').click();
  await expect(sandbox.nodes()).toHaveCount(4);
  await sandbox.play(2);
  expect(await sandbox.outcomes(2, 3)).toEqual(['miss', 'found', 'stored']);
});

test.describe('server away', () => {
  test.use({ expected: /ERR_FAILED/ });

test('edits made while the server is away are kept in the browser and sent later', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  await context.route('**/api/save', (route) => route.abort());
  await sandbox.select(sandbox.nodes('redis'));
  await sandbox.inspector.getByLabel('Name', { exact: true }).fill('Far away');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('save-state')).toContainText('Kept in this browser');
  await page.reload();
  await sandbox.isAlive();
  await expect(sandbox.nodes('redis')).toContainText('Far away');
  await context.unroute('**/api/save');
  await sandbox.saved();
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await sandbox.isAlive();
  await expect(sandbox.nodes('redis')).toContainText('Far away');
});
});

test('two visitors with the same keys never see each other', async ({ page, browser, baseURL }) => {
  const mine = await Sandbox.open(page);
  const foreign = await browser.newContext({ baseURL });
  const theirs = await Sandbox.open(await foreign.newPage());
  await mine.select(mine.nodes('redis'));
  await mine.button('Flush').click();
  await expect(mine.nodes('redis')).toContainText('0 keys');
  await theirs.play(1);
  expect(await theirs.outcomes(1, 1)).toEqual(['hit']);
  await expect(mine.counter()).toHaveText('No frames yet');
  await foreign.close();
});

test('an idle page requests no animation frame', async ({ page }) => {
  await page.addInitScript(() => {
    const request = window.requestAnimationFrame.bind(window);
    Object.assign(window, { framesAsked: 0 });
    window.requestAnimationFrame = (callback) => {
      (window as unknown as { framesAsked: number }).framesAsked += 1;
      return request(callback);
    };
  });
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  await page.waitForTimeout(1_000);
  const asked = () => page.evaluate(() => (window as unknown as { framesAsked: number }).framesAsked);
  const before = await asked();
  expect(before).toBeGreaterThan(0);
  await page.waitForTimeout(2_000);
  expect(await asked()).toBe(before);
});
