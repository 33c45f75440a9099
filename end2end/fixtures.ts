import { test as base } from '@playwright/test';

import { Aside } from './support/aside.ts';

export { expect } from '@playwright/test';
export { Aside } from './support/aside.ts';

/**
 * `aside` is a running server, one a worker. Each test gets a browser context of its own and so a session of its
 * own, and `page.goto('/')` means that server. A test that stops or breaks things starts its own with `Aside.start`.
 */
export const test = base.extend<{ serverLog: void }, { aside: Aside }>({
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
