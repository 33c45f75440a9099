import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Aside, expect, test } from '../fixtures.ts';
import * as programs from '../support/programs.ts';
import { Sandbox, usual } from '../support/sandbox.ts';

// That no page complains is checked in every test, by the fixture `complaints`.

for (const path of ['/', '/sandbox', '/academy']) {
  test(`${path} comes alive`, async ({ page }) => {
    const response = await page.goto(path);
    expect(response?.status()).toBe(200);
    await expect(page.locator('body[data-hydrated="true"]')).toBeAttached();
    await expect(page).toHaveTitle(/Aside/);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  });
}

test('the first page leads to the sandbox and to the Academy', async ({ page }) => {
  const home = await Sandbox.open(page, '/');
  await home.play(1);
  expect(await home.outcomes(1, 3)).toEqual(['miss', 'found', 'stored']);
  await page.getByRole('main').getByRole('link', { name: 'Academy' }).click();
  await expect(page).toHaveURL(/\/academy$/);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Sandbox' }).click();
  await expect(page).toHaveURL(/\/sandbox$/);
  await expect(page.getByRole('region', { name: 'Transport' })).toBeVisible();
});

test.describe('an address that is none', () => {
  test.use({ expected: /status of 404/ });

  test('is told as such, with status 404 and a way back', async ({ page }) => {
    const response = await page.goto('/no/such/page');
    expect(response?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.getByRole('link', { name: 'To the front page' }).click();
    await expect(page.getByRole('link', { name: 'Open the sandbox' })).toBeVisible();
  });
});

interface Store {
  name: string;
  pid: number | null;
}

async function storesOf(aside: Aside): Promise<Store[]> {
  const { stdout } = await promisify(execFile)(programs.server(), ['stores', '--json', '--data-dir', aside.dataDir]);
  return JSON.parse(stdout);
}

test.describe('Redis killed in the middle of a run', () => {
  test.use({ expected: /ERR_CONNECTION_REFUSED/ }); // when this Aside is stopped, under the eyes of its page

  test('every read is answered, receipts show the refusals, and Redis is used again later', async ({ page }) => {
    test.slow();
    const aside = await Aside.start();
    try {
      const sandbox = await Sandbox.open(page, `${aside.url}/sandbox`);
      const keys = Array.from({ length: 200 }, (_, index) => `k${index}`);
      const requests = Array.from({ length: 1_000 }, (_, index) => `k${index % 200}`);
      // Each waits for a moment on its way: on no machine are they all answered before Redis is killed.
      await sandbox.import(usual({ requests, rows: keys, links: { 'client-server': { delay_ms: 5 } } }));
      const store = (await storesOf(aside)).find(({ name }) => /redis|valkey/i.test(name));
      const begun = page.waitForResponse((response) => response.url().endsWith('/api/run'));
      await sandbox.button('Play').click();
      await begun;
      process.kill(store!.pid!, 'SIGKILL');
      await expect(sandbox.receiptsOf(1).first()).toBeVisible();
      await sandbox.end();

      // The last of the thousand got its answer, and none was left without.
      await expect(sandbox.receiptsOf(1, 1_000).last()).toHaveAttribute('data-outcome', 'found');
      await expect(sandbox.node('redis')).toContainText(/[1-9]\d* failed/);
      const seen = { refused: 0, unanswered: 0 };
      for (let pages = 0; pages < 30; pages++) {
        const rows = await sandbox.receipts.locator('[data-outcome]').evaluateAll((rows) =>
          rows.map((row) => ({ outcome: row.getAttribute('data-outcome'), status: row.querySelector('.status')?.textContent })),
        );
        seen.refused = rows.filter(({ outcome }) => outcome === 'refused').length;
        seen.unanswered = rows.filter(({ status }) => status && status !== '200').length;
        const more = sandbox.receipts.getByText('earlier receipts').getByRole('button');
        if ((await more.count()) === 0) break;
        await more.click();
      }
      expect(seen.refused).toBeGreaterThan(0);
      expect(seen.unanswered).toBe(0);

      await expect(async () => {
        const again = (await storesOf(aside)).find(({ name }) => /redis|valkey/i.test(name));
        expect(again?.pid).toBeTruthy();
        expect(again?.pid).not.toBe(store!.pid);
      }).toPass();
      await sandbox.play(2);
      await expect(sandbox.receiptsOf(2, 1_000).first()).toHaveAttribute('data-outcome', 'hit');
    } finally {
      await aside.stop();
    }
  });
});
