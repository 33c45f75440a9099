import { type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { client, postgres, redis, Sandbox, scenario, server } from '../support/sandbox.ts';

declare global {
  interface Window {
    pictures: number;
  }
}

async function countPictures(page: Page) {
  await page.addInitScript(() => {
    const request = window.requestAnimationFrame.bind(window);
    window.pictures = 0;
    window.requestAnimationFrame = (callback) => {
      window.pictures += 1;
      return request(callback);
    };
  });
}

const pictures = (page: Page) => page.evaluate(() => window.pictures);

/** Here nothing is to happen, so there is nothing to wait for but time. */
async function requestedInAWhile(page: Page) {
  const before = await pictures(page);
  await page.waitForTimeout(1_500);
  return (await pictures(page)) - before;
}

test('a page on which nothing moves requests no animation frame', async ({ page }) => {
  await countPictures(page);
  const sandbox = await Sandbox.open(page);
  await sandbox.saved();
  await expect.poll(() => requestedInAWhile(page)).toBe(0);
  await sandbox.speed.fill('0.1');
  const before = await pictures(page);
  await sandbox.button('Play').click();
  await expect.poll(() => pictures(page)).toBeGreaterThan(before + 5);
  await sandbox.speed.fill('8');
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
  await expect.poll(() => requestedInAWhile(page)).toBe(0);
  // Neither does one that is paused,
  await sandbox.speed.fill('0.1'); // so slow that it surely plays until it is paused
  await sandbox.button('Replay').click();
  await sandbox.button('Pause').click();
  await expect.poll(() => requestedInAWhile(page)).toBe(0);
  // nor the inspector that counts times to live down.
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('rohan')).toBeVisible();
  await expect.poll(() => requestedInAWhile(page)).toBe(0);
});

test('the first page sleeps as well', async ({ page }) => {
  await countPictures(page);
  await Sandbox.open(page, '/');
  await expect.poll(() => requestedInAWhile(page)).toBe(0);
});

test('two hundred clients at once are shown, and the run comes to its end', async ({ page }) => {
  test.slow();
  const sandbox = await Sandbox.open(page);
  const clients = Array.from({ length: 200 }, (_, index) =>
    client(`c${index}`, ['a', 'b', `k${index}`], 240 * (index % 15), 130 * Math.floor(index / 15)),
  );
  const nodes = [...clients, server('server', {}, 4_000, 800), redis('redis', ['a'], 4_400, 600), postgres('postgres', ['a', 'b'], 4_400, 1_000)];
  await sandbox.import(scenario(nodes, [...clients.map(({ id }) => `${id}-server`), 'server-redis', 'server-postgres']));
  await sandbox.speed.fill('0.1'); // so that many stay on their way for as long as they have to be seen
  await sandbox.button('Play').click();
  await expect.poll(() => sandbox.packets().count()).toBeGreaterThan(20);
  await sandbox.end();
  await expect(sandbox.button('Play')).toBeVisible();
  await expect(sandbox.node('redis')).toContainText(/hits/);
  // All 600 were answered: the log ends with the last of them.
  await expect(sandbox.receipts).toContainText('earlier receipts');
});
