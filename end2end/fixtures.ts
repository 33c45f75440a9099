import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';

import { Aside } from './support/aside.ts';

export { expect } from '@playwright/test';
export { Aside } from './support/aside.ts';

interface Fixtures {
  /** The complaints that a test provokes. */
  expected: RegExp;
  /** Errors on the console and errors that nobody caught, on any page of the test's visitor. */
  complaints: string[];
  /** Another visitor's page, with a session of its own. */
  stranger: Page;
  serverLog: void;
}

/**
 * `aside` is a running server, one a worker. Each test gets a browser context of its own and so a session of its
 * own, and `page.goto('/')` means that server. A test that stops or breaks things starts its own with `Aside.start`.
 */
export const test = base.extend<Fixtures, { aside: Aside }>({
  aside: [
    async ({}, use) => {
      const aside = await Aside.start();
      const kill = () => aside.kill();
      process.once('exit', kill);
      await use(aside);
      process.off('exit', kill);
      await aside.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  baseURL: async ({ aside }, use) => use(aside.url),

  expected: [/^$/, { option: true }],

  // A page that complains fails its test, whatever the test is about.
  complaints: [
    async ({ context, expected }, use) => {
      const complaints: string[] = [];
      listen(context, complaints);
      await use(complaints);
      expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
    },
    { auto: true },
  ],

  stranger: async ({ browser, baseURL, complaints }, use) => {
    const context = await browser.newContext({ baseURL });
    listen(context, complaints);
    await use(await context.newPage());
    await context.close();
  },

  /** What the server wrote, beside the failure it may explain. */
  serverLog: [
    async ({ aside }, use, info) => {
      await use();
      if (info.status !== info.expectedStatus) {
        await info.attach('server', { body: aside.log, contentType: 'text/plain' });
      }
    },
    { auto: true },
  ],
});

function listen(context: BrowserContext, complaints: string[]) {
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
}
