import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { client, type Hold, link, postgres, put, redis, Sandbox, type Scenario, scenario, server } from '../support/sandbox.ts';

const FILLS: Hold = { leg: 'message', command: 'SET' };

/** Somebody who reads and somebody who writes the same key, which the cache does not have; the link to the cache holds that. */
function race(hold?: Hold): Scenario {
  const clients = [client('reader', ['rohan'], 48, 72), client('other', ['john'], 48, 312), client('writer', [put('rohan', 'new')], 48, 552)];
  const stores = [redis(), postgres('postgres', ['rohan', 'john'])];
  const links = ['reader-server', 'other-server', 'writer-server', link('server-redis', hold ? { hold } : {}), 'server-postgres'];
  return scenario([...clients, server(), ...stores], links);
}

/** The buttons of the packets that are held. */
const held = (sandbox: Sandbox) => sandbox.canvas.getByRole('button', { name: /^Release [A-Z]+ / });

/** Sends the requests of a client, and sees them to their end, or until they hang. */
async function send(sandbox: Sandbox, name: string, run: number) {
  await sandbox.button(`Play ${name}`).click();
  await expect(sandbox.page.getByText(new RegExp(`Run ${run} has no receipts yet`)).or(sandbox.receiptsOf(run).first())).toBeVisible();
  await sandbox.end();
}

test('a fill that is held while a write goes by puts the old value into the cache', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(race());
  await sandbox.selectLink('server-redis');
  await sandbox.switch('Hold').check();
  await sandbox.field('Command').selectOption('SET');
  await expect(sandbox.link('server-redis')).toHaveAccessibleName('Link from server to redis, holds every SET');

  await send(sandbox, 'reader', 1);
  const fill = sandbox.button('Release SET rohan');
  await expect(fill).toBeVisible();
  await expect(page.getByText('SET rohan is held between server and redis.')).toBeAttached();
  await expect(page.getByText('Waiting for a held packet…')).toBeVisible();
  await expect(sandbox.packets()).toHaveCount(0);
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.inspector).toContainText('holds no key');

  await send(sandbox, 'writer', 2);
  await expect(sandbox.status(2, 1)).toHaveText('200');
  await expect(fill).toBeVisible();
  await expect(sandbox.inspector).toContainText('holds no key');

  await fill.click();
  await expect(fill).toHaveCount(0);
  await expect(page.getByText('SET rohan is released.')).toBeAttached();
  await expect(sandbox.row('rohan')).toContainText('of rohan');
  // The run that goes on is shown on, and the other one can be found again.
  await expect(sandbox.status(1, 1)).toHaveText('200');
  const filled = sandbox.receiptsOf(1).and(page.locator('[data-outcome="stored"]'));
  await expect(filled).toContainText(/‖ [\d.]+ m?s held/);
  await expect(await sandbox.open(filled)).toContainText(/Held\s*[\d.]+ m?s: beside what was measured/);
  await sandbox.end();
  await expect(page.getByText('Run 2 has happened meanwhile')).toBeVisible();
  await sandbox.button('Show it').click();
  await expect(sandbox.receiptsOf(2).first()).toBeVisible();
  await sandbox.end();

  await send(sandbox, 'reader', 3);
  expect(await sandbox.allOutcomes(3)).toEqual(['hit', 'found']);
  await expect(sandbox.receiptsOf(3).and(page.locator('[data-stale="true"]'))).toHaveCount(1);
  await sandbox.select(sandbox.node('redis')); // a receipt that is opened has selected its link
  await expect(sandbox.row('rohan')).toHaveAttribute('data-stale', 'true');
});

test('what a link holds is one edit each, and is kept', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const name = (said: string) => expect(sandbox.link('server-postgres')).toHaveAccessibleName(`Link from Server to Postgres${said}`);
  await sandbox.selectLink('server-postgres');
  await expect(sandbox.field('Command')).toHaveCount(0);
  await sandbox.switch('Hold').check();
  await name(', holds every message');
  await expect(sandbox.field('Command').locator('option')).toHaveText(['any', 'SELECT', 'UPDATE', 'DELETE']);
  await sandbox.field('Packets').selectOption('replies');
  await name(', holds every reply');
  await sandbox.field('Command').selectOption('SELECT');
  await name(', holds every reply to SELECT');
  await sandbox.type('Key', 'rohan');
  await name(', holds every reply to SELECT of rohan');
  await sandbox.type('Key', 'x'.repeat(600));
  await expect(sandbox.inspector.getByRole('alert')).toBeVisible();
  await sandbox.saved();
  const { links } = (await sandbox.export()).graph;
  expect(links.find(({ to }) => to === 'postgres')!.hold).toEqual({ leg: 'reply', command: 'SELECT', key: 'rohan' });

  await page.reload();
  await sandbox.isAlive();
  await name(', holds every reply to SELECT of rohan');
  await sandbox.selectLink('server-postgres');
  await sandbox.type('Key', '');
  await name(', holds every reply to SELECT');
  await sandbox.field('Command').selectOption('any');
  await name(', holds every reply');
  await sandbox.switch('Hold').uncheck();
  await name('');
  for (const said of [', holds every reply', ', holds every reply to SELECT', ', holds every reply to SELECT of rohan']) {
    await sandbox.button('Undo').click();
    await name(said);
  }
  await sandbox.button('Redo').click();
  await name(', holds every reply to SELECT');
});

test('packets of several runs hang beside each other, and are let go one by one or together', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(race(FILLS));
  await send(sandbox, 'reader', 1);
  await send(sandbox, 'other', 2);
  await send(sandbox, 'reader', 3);
  await expect(held(sandbox)).toHaveText([/SET rohan/, /SET john/, /SET rohan/]);
  const boxes = await Promise.all([0, 1, 2].map(async (index) => (await held(sandbox).nth(index).boundingBox())!));
  for (const [above, below] of [[boxes[0]!, boxes[1]!], [boxes[1]!, boxes[2]!]] as const) expect(above.y + above.height).toBeLessThanOrEqual(below.y + 1);
  await sandbox.button('Release SET john').click();
  await expect(held(sandbox)).toHaveText([/SET rohan/, /SET rohan/]);
  await sandbox.button('Release all').click();
  await expect(held(sandbox)).toHaveCount(0);
  await expect(sandbox.button('Release all')).toHaveCount(0);
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.table('Keys').getByRole('rowheader')).toHaveText(['john', 'rohan']);
});

test('whoever uses the keyboard lets packets go, and does not lose his place', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(race(FILLS));
  for (const [index, name] of ['reader', 'other', 'reader', 'other'].entries()) await send(sandbox, name, index + 1);
  await expect(held(sandbox)).toHaveCount(4);
  await sandbox.tabTo(held(sandbox).first());
  await page.keyboard.press('Enter');
  await expect(held(sandbox)).toHaveCount(3);
  expect(await sandbox.focused()).toBe('Release SET john');
  await page.keyboard.press('Space');
  await expect(held(sandbox)).toHaveCount(2);
  expect(await sandbox.focused()).toMatch(/^Release SET/);
  // Not while something is typed, but then from anywhere.
  await sandbox.select(sandbox.node('server'));
  await sandbox.field('Name').press('r');
  await sandbox.field('Name').press('Escape');
  await expect(held(sandbox)).toHaveCount(2);
  await sandbox.button('Fit view').focus();
  await page.keyboard.press('r');
  await expect(held(sandbox)).toHaveCount(0);
  expect(await sandbox.focused()).toBe('Fit view');

  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Flush').click();
  await expect(sandbox.table('Keys').getByRole('rowheader')).toHaveCount(0);
  await send(sandbox, 'reader', 5);
  await sandbox.button('Release all').focus();
  await page.keyboard.press('Enter');
  await expect(held(sandbox)).toHaveCount(0);
  expect(await sandbox.focused()).not.toBe('BODY');
});

test('Stop lets everything go, and ends all runs', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(race({ leg: 'message' }));
  await send(sandbox, 'reader', 1);
  await send(sandbox, 'other', 2);
  await expect(sandbox.button('Release GET rohan')).toBeVisible();
  await expect(sandbox.button('Release GET john')).toBeVisible();
  await sandbox.button('Stop').click();
  await expect(held(sandbox)).toHaveCount(0);
  await expect(sandbox.button('Play')).toBeVisible();
  await expect(sandbox.page.locator('[aria-label="Stop"]')).toHaveAttribute('aria-disabled', 'true');
});

test('what hangs goes on hanging when the page is loaded anew, and its replies tell what came of it', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(race({ leg: 'reply', command: 'GET', key: 'rohan' }));
  await send(sandbox, 'other', 1);
  await expect(sandbox.status(1, 1)).toHaveText('200');
  await send(sandbox, 'reader', 2);
  const reply = sandbox.button('Release GET rohan');
  await expect(reply).toHaveAttribute('data-tone', 'miss');
  await page.reload();
  await sandbox.isAlive();
  await expect(reply).toBeVisible();
  await expect(sandbox.button('Play')).toBeVisible();
  await expect(reply.locator('.held-for')).toHaveText(/^\d+ s$/);
  await reply.click();
  await expect(reply).toHaveCount(0);
  await expect(sandbox.status(2, 1)).toHaveText('200');
  expect(await sandbox.allOutcomes(2)).toEqual(['miss', 'found', 'stored', 'found']);
});

test('nothing is drawn anew while packets hang, but for how long they have', async ({ page }) => {
  await page.addInitScript(() => {
    const request = window.requestAnimationFrame.bind(window);
    window.pictures = 0;
    window.requestAnimationFrame = (callback) => {
      window.pictures += 1;
      return request(callback);
    };
  });
  const sandbox = await Sandbox.open(page);
  await sandbox.import(race(FILLS));
  await send(sandbox, 'reader', 1);
  await expect(sandbox.button('Release SET rohan')).toBeVisible();
  const since = sandbox.canvas.locator('.held-for');
  await expect(async () => {
    const [before, told] = [await page.evaluate(() => window.pictures), await since.innerText()];
    await expect(since).not.toHaveText(told);
    expect(await page.evaluate(() => window.pictures)).toBe(before);
  }).toPass();
});

/** What keeps people out. */
async function barriers(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('held packets, and a link that holds them, keep nobody out', async ({ page }) => {
      test.slow();
      const sandbox = await Sandbox.open(page);
      await sandbox.import(race({ leg: 'reply' }));
      await send(sandbox, 'reader', 1);
      await expect(sandbox.button('Release GET rohan')).toBeVisible();
      await sandbox.selectLink('server-redis');
      await expect(sandbox.field('Command')).toBeVisible();
      expect(await barriers(page), 'a reply').toEqual([]);
      await sandbox.field('Packets').selectOption('requests');
      await sandbox.saved();
      await page.keyboard.press('Escape');
      await sandbox.button('Release GET rohan').click();
      await expect(sandbox.button('Release SET rohan')).toBeVisible();
      expect(await barriers(page), 'a request').toEqual([]);
      await sandbox.select(sandbox.node('server'));
      for (const name of ['Lease', 'Early refresh']) await sandbox.switch(name).check();
      expect(await barriers(page), 'a server').toEqual([]);
      await sandbox.button('Release all').click();
      await expect(sandbox.receipts.locator('.held').first()).toBeVisible();
      expect(await barriers(page), 'receipts').toEqual([]);
    });
  });
}

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('a link is told to hold, and packets are let go with a tap', async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    await sandbox.selectLink('server-redis');
    await sandbox.switch('Hold').tap();
    await sandbox.field('Command').selectOption('SET');
    await sandbox.saved();
    await sandbox.button('Play').tap();
    const fill = sandbox.button('Release SET doe');
    await expect(fill).toBeVisible();
    for (const button of [fill, sandbox.button('Release all')]) {
      await button.scrollIntoViewIfNeeded();
      const box = (await button.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(390);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await fill.tap();
    await expect(fill).toHaveCount(0);
    await sandbox.end();
    expect(await sandbox.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
    expect(await sandbox.unreadable()).toEqual([]);
  });
});
