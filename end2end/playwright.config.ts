import { defineConfig } from '@playwright/test';

import { chromium } from './support/programs.ts';

/**
 * Real stores and a real browser on a machine that may be slow and busy: waits are long. Nothing is retried, but in CI, where
 * one retry tells a test that fails from a machine that was too busy; Playwright lists those as flaky.
 */
export default defineConfig({
  testDir: 'tests',
  workers: 2,
  fullyParallel: true,
  retries: process.env.CI ? 1 : 0,
  forbidOnly: true,
  // Pictures are taken on purpose only: `npm run screenshot`.
  grepInvert: process.env.ASIDE_SCREENSHOT ? undefined : /@screenshot/,
  reporter: 'list',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    browserName: 'chromium',
    headless: true,
    viewport: { width: 1400, height: 900 },
    reducedMotion: 'no-preference',
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    trace: 'retain-on-failure',
    video: 'off',
    launchOptions: {
      executablePath: chromium(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
