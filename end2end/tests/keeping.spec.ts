import { expect, test } from '../fixtures.ts';
import { client, link, postgres, redis, Sandbox, scenario, server, usual } from '../support/sandbox.ts';

test('a reload keeps the scenario, the data and the last run', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await sandbox.rename('Hot keys');
  await sandbox.play(1);
  await sandbox.saved();
  const drawing = await sandbox.drawing();
  await page.reload();
  await sandbox.isAlive();
  expect(await sandbox.drawing()).toEqual(drawing);
  await expect(sandbox.node('redis')).toContainText('Hot keys');
  await expect(sandbox.node('redis')).toContainText('3 keys');
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
  await expect(sandbox.receiptsOf(1)).toHaveCount(8);
  await expect(sandbox.button('Play')).toBeVisible();
});

test('an edit in one tab appears in the other', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  const other = await Sandbox.open(await context.newPage());
  await other.select(other.node('redis'));
  await other.rename('Hot keys');
  await expect(sandbox.node('redis')).toContainText('Hot keys');
  await sandbox.link('server-redis').focus();
  await page.keyboard.press('Delete');
  await expect(other.links()).toHaveCount(2);
});

test('the server draws the scenario without any script', async ({ page, context, browser, baseURL }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await sandbox.rename('Hot keys');
  await sandbox.saved();
  const plain = await browser.newContext({ javaScriptEnabled: false, baseURL, storageState: await context.storageState() });
  const still = await plain.newPage();
  for (const path of ['/', '/sandbox']) {
    await still.goto(path);
    await expect(still.locator('[data-node-id]')).toHaveCount(4);
    await expect(still.locator('[data-link]')).toHaveCount(3);
    await expect(still.locator('[data-kind="client"]')).toContainText('GET rohan');
    await expect(still.locator('[data-node-id="server"]')).toBeInViewport();
  }
  await expect(still.locator('[data-node-id="redis"]')).toContainText('Hot keys');
  await plain.close();
});

test('an exported scenario brings drawing and data back', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('postgres'));
  await sandbox.button('Edit doe').click();
  await sandbox.put(null, 'Doe, Oslo');
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Delete john').click();
  await expect(sandbox.row('john')).toHaveCount(0);
  const drawing = await sandbox.drawing();
  const file = await sandbox.export();
  expect(file.format).toBe(3);

  await sandbox.clear();
  await sandbox.import(file);
  expect(await sandbox.drawing()).toEqual(drawing);
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['miss', 'found', 'stored']);
  await sandbox.receiptsOf(1, 3).nth(1).click();
  await expect(sandbox.receipts.locator('.receipt-details')).toContainText('Doe, Oslo');
});

test('a file of format 1 is read as it was meant, and written in format 3', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import({ ...usual({ requests: ['a', 'b'], keys: ['a'], rows: ['a', 'b'] }), format: 1 });
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['hit']);
  expect(await sandbox.outcomes(1, 2)).toEqual(['miss', 'found', 'stored']);
  await sandbox.select(sandbox.node('server'));
  await expect(sandbox.field('Write policy')).toHaveValue('invalidate');
  await expect(sandbox.field('Redis timeout (ms)')).toHaveValue('100');
  const on = sandbox.inspector.getByRole('switch', { checked: true });
  await expect(on).toHaveCount(1);
  await expect(on).toHaveAccessibleName('Live service'); // whoever knows its address may ask, as of every server
  expect((await sandbox.export()).format).toBe(3);
});

test('an import can be undone, with the data of the drawing before it', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const before = await sandbox.drawing();
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Delete john').click();
  await expect(sandbox.row('john')).toHaveCount(0);
  await sandbox.import(scenario([client('ann', ['a']), server('api'), redis('cache'), postgres('base', ['a'])], ['ann-api', 'api-cache', 'api-base']));
  await expect(sandbox.node('base')).toContainText('1 row');
  await sandbox.button('Undo').click();
  await expect(sandbox.node('server')).toBeVisible();
  expect(await sandbox.drawing()).toEqual(before);
  await sandbox.saved();
  await expect(sandbox.node('redis')).toContainText('1 key');
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.table('Keys').getByRole('rowheader')).toHaveText(['rohan']);
});

const good = scenario([client('ann', ['a']), server('api')], ['ann-api']);
const files = [
  { what: 'that is no JSON', text: 'rohan, john, doe', says: /This is not a scenario file/ },
  { what: 'of a newer Aside', text: JSON.stringify({ ...good, format: 99 }), says: /format 99.*A newer version of Aside wrote it/ },
  { what: 'with a link to nowhere', text: JSON.stringify({ ...good, graph: { ...good.graph, links: [{ from: 'ann', to: 'nobody' }] } }), says: /graph\.links\[0\]/ },
  { what: 'with an empty key', text: JSON.stringify({ ...good, graph: { ...good.graph, nodes: [client('ann', ['']), server('api')] } }), says: /graph\.nodes\[0\].*key cannot be empty/ },
  { what: 'with a PUT of nothing', text: JSON.stringify(scenario([client('ann', [{ method: 'PUT', key: 'a' }]), server('api')], ['ann-api'])), says: /graph\.nodes\[0\].*a PUT needs a value/ },
  { what: 'with a delay that is too long', text: JSON.stringify(scenario(good.graph.nodes, [link('ann-api', { delay_ms: 2_001 })])), says: /graph\.links\[0\].*a delay is 0 to 2000 milliseconds/ },
  { what: 'with a breaker that never opens', text: JSON.stringify(scenario([server('api', { breaker: { failures: 0, open_s: 1 } })], [])), says: /graph\.nodes\[0\].*what opens a breaker is 1 to 100 failures/ },
  { what: 'with a forbidden link', text: JSON.stringify(scenario([client('ann', ['a']), redis('cache')], ['ann-cache'])), says: /graph\.links\[0\].*never talks to a store/ },
];
for (const { what, text, says } of files) {
  test(`a file ${what} is refused in a sentence, and changes nothing`, async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    const before = await sandbox.drawing();
    await sandbox.choose('broken.json', text);
    await expect(sandbox.notice()).toContainText(says);
    expect(await sandbox.drawing()).toEqual(before);
    await expect(sandbox.button('Undo')).toHaveAttribute('aria-disabled', 'true');
    // The same file can be chosen again.
    await sandbox.button('Dismiss message').click();
    await expect(sandbox.notice()).toBeHidden();
    await sandbox.choose('broken.json', text);
    await expect(sandbox.notice()).toContainText(says);
  });
}

test('Reset to the example brings the textbook back, and can be undone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const example = await sandbox.drawing();
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Flush').click();
  await expect(sandbox.node('redis')).toContainText('0 keys');
  await sandbox.node('client').focus();
  await page.keyboard.press('Delete');
  const mine = await sandbox.drawing();
  await sandbox.button('Reset to the example').click();
  await expect(sandbox.nodes()).toHaveCount(4);
  expect(await sandbox.drawing()).toEqual(example);
  await expect(sandbox.node('redis')).toContainText('2 keys');
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await sandbox.button('Undo').click();
  expect(await sandbox.drawing()).toEqual(mine);
  await expect(sandbox.node('redis')).toContainText('0 keys');
});

test.describe('while the server is away', () => {
  test.use({ expected: /Failed to load resource|ERR_/ });

  test('edits are kept in the browser, survive a reload, and are sent later', async ({ page, context }) => {
    const sandbox = await Sandbox.open(page);
    await context.route('**/api/save', (route) => route.abort());
    await sandbox.select(sandbox.node('redis'));
    await sandbox.rename('Far away');
    await expect(page.getByTestId('save-state')).toContainText('Kept in this browser');
    await page.reload();
    await sandbox.isAlive();
    await expect(sandbox.node('redis')).toContainText('Far away');
    await context.unroute('**/api/save');
    await sandbox.saved();
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    await sandbox.isAlive();
    await expect(sandbox.node('redis')).toContainText('Far away');
  });

  test('one can go on drawing without a network, and Play says why it cannot', async ({ page, context }) => {
    const sandbox = await Sandbox.open(page);
    await context.setOffline(true);
    await sandbox.select(sandbox.node('redis'));
    await sandbox.rename('Far away');
    await expect(page.getByTestId('save-state')).toContainText('Kept in this browser');
    await sandbox.button('Add client').focus();
    await page.keyboard.press('Enter');
    await expect(sandbox.nodes()).toHaveCount(5);
    await sandbox.button('Play').click();
    await expect(sandbox.notice()).toContainText('does not answer');
    await expect(sandbox.counter()).toHaveText('No frames yet');
    await context.setOffline(false);
    await sandbox.saved();
    const other = await Sandbox.open(await context.newPage());
    await expect(other.nodes()).toHaveCount(5);
    await expect(other.node('redis')).toContainText('Far away');
    await sandbox.play(1);
    await expect(sandbox.receiptsOf(1)).toHaveCount(8);
  });
});

test.describe('the theme', () => {
  const background = (sandbox: Sandbox) => sandbox.page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  test('follows the system until it is chosen, and the choice is kept', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'light' });
    const sandbox = await Sandbox.open(page);
    const light = await background(sandbox);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background(sandbox);
    expect(dark).not.toBe(light);
    await sandbox.button('Theme: as the system').click();
    expect(await background(sandbox)).toBe(light);
    await sandbox.button('Theme: light').click();
    expect(await background(sandbox)).toBe(dark);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.reload();
    expect(await background(sandbox)).toBe(dark);
    await sandbox.isAlive();
    await sandbox.button('Theme: dark').click();
    expect(await background(sandbox)).toBe(light);
  });
});
