import { readFile } from 'node:fs/promises';

import type { Locator, Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

/** A sandbox whose client sends traffic, with its inspector open. */
class TrafficSandbox extends Sandbox {
  static async ready(page: Page, settings: Record<string, string> = {}): Promise<TrafficSandbox> {
    await Sandbox.open(page);
    const sandbox = new TrafficSandbox(page);
    await sandbox.select(sandbox.node('client'));
    await sandbox.radio('Traffic').check();
    for (const [label, value] of Object.entries(settings)) await sandbox.type(label, value);
    return sandbox;
  }

  radio(name: 'Requests' | 'Traffic'): Locator {
    return this.inspector.getByRole('radio', { name, exact: true });
  }

  get now(): Locator {
    return this.inspector.getByTestId('traffic-now');
  }

  get summary(): Locator {
    return this.inspector.getByTestId('traffic-summary');
  }

  /** Sends it, and waits for its summary. */
  async send(number: number) {
    await this.button('Start traffic').click();
    await expect(this.summary.getByRole('heading', { name: `Traffic no. ${number}`, exact: true })).toBeVisible({ timeout: 30_000 });
  }

  async count(what: 'requests' | 'hits' | 'errors'): Promise<number> {
    return Number(await this.summary.getAttribute(`data-${what}`));
  }

  /** What a link of the summary hands out. */
  async file(name: string): Promise<{ name: string; text: string }> {
    const download = this.page.waitForEvent('download');
    await this.inspector.getByRole('link', { name, exact: true }).click();
    const file = await download;
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  }
}

test('a client is switched from its requests to traffic and back, each in one step', async ({ page }) => {
  const sandbox = await TrafficSandbox.ready(page, { Users: '7', 'Duration (s)': '3' });
  await expect(sandbox.node('client')).toContainText('7 users, 3 s');
  await expect(sandbox.button('Run this client')).toHaveCount(0);
  await sandbox.field('Key distribution').selectOption('uniform');
  await sandbox.radio('Requests').check();
  await expect(sandbox.node('client')).toContainText('3 requests');
  await sandbox.radio('Traffic').check();
  await expect(sandbox.field('Users')).toHaveValue('7');
  await expect(sandbox.field('Key distribution')).toHaveValue('uniform');
  await sandbox.button('Undo').click();
  await expect(sandbox.radio('Requests')).toBeChecked();
  await sandbox.button('Undo').click();
  await expect(sandbox.radio('Traffic')).toBeChecked();
});

test('what traffic cannot be is refused at its field', async ({ page }) => {
  const sandbox = await TrafficSandbox.ready(page);
  for (const [label, wrong, sentence] of [
    ['Users', '501', 'Users is a whole number from 1 to 500.'],
    ['Keys', '99', 'Keys is a whole number from 100 to 200000.'],
    ['Rate (requests/s)', '0', 'Rate (requests/s) is a whole number from 1 to 2000.'],
  ] as const) {
    await sandbox.type(label, wrong);
    await expect(sandbox.inspector.getByRole('alert')).toHaveText(sentence);
    await sandbox.field(label).press('Escape');
  }
  await sandbox.type('Rate (requests/s)', '50');
  await expect(sandbox.node('client')).toContainText('50 requests/s');
  await sandbox.type('Rate (requests/s)', '');
  await expect(sandbox.node('client')).toContainText('as fast as answered');
});

test('traffic is watched while it goes on, and stopped', async ({ page }) => {
  const sandbox = await TrafficSandbox.ready(page, { 'Duration (s)': '60', Users: '2', 'Rate (requests/s)': '50' });
  await expect(sandbox.button('Stop traffic')).toHaveAttribute('aria-disabled', 'true');
  await sandbox.button('Start traffic').click();
  await expect(sandbox.now.getByRole('progressbar')).toBeVisible();
  await expect(sandbox.now.getByRole('img', { name: /^Requests a second/ })).toBeVisible();
  await expect(sandbox.now.getByRole('img', { name: /^How long reads took/ })).toBeVisible();
  await sandbox.button('Stop traffic').click();
  await expect(sandbox.summary).toContainText(/Stopped after \d+\.\d s of 60 s\./);
  expect(await sandbox.count('requests')).toBeGreaterThan(0);
  expect(await sandbox.count('errors')).toBe(0);
});

test('two traffics of one seed are compared, and handed out as a table and as a report', async ({ page }) => {
  const sandbox = await TrafficSandbox.ready(page, { 'Duration (s)': '2', Users: '2', 'Rate (requests/s)': '100', Keys: '100' });
  await sandbox.send(1);
  expect(await sandbox.count('hits')).toBeGreaterThan(0);
  await sandbox.link('server-redis').focus();
  await page.keyboard.press('Delete');
  await sandbox.select(sandbox.node('client'));
  // What was measured is still there.
  await expect(sandbox.summary).toContainText('Traffic no. 1');
  await sandbox.send(2);
  expect(await sandbox.count('hits')).toBe(0);

  await sandbox.field('Compare with').focus();
  await sandbox.field('Compare with').selectOption('1');
  await expect(sandbox.summary.getByRole('heading')).toHaveText('Traffic no. 2 beside no. 1');
  await expect(sandbox.summary).toContainText('The same traffic, and the same seed (1): the same requests, in the same order.');
  await expect(sandbox.summary.getByRole('row', { name: /^Hit rate 0 %/ })).toContainText('−');
  await expect(sandbox.field('Compare with')).toBeFocused();

  const table = await sandbox.file('CSV');
  expect(table.name).toBe('aside-traffic-2.csv');
  expect(table.text.split('\r\n')[0]).toContain('second,requests,hits,misses');
  const report = await sandbox.file('Report');
  expect(report.name).toBe('aside-traffic-2.html');
  expect(report.text).toContain('Traffic no. 2 beside no. 1');
});

test("a card's button starts its client's traffic", async ({ page }) => {
  const sandbox = await TrafficSandbox.ready(page, { 'Duration (s)': '1', Users: '1' });
  await sandbox.button('Play Client').click();
  await expect(sandbox.summary).toContainText('Completed after');
});
