import { join } from 'node:path';

import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

/** The pictures of the README: a miss on its way to Postgres. `npm run screenshot` takes them. */
for (const colorScheme of ['light', 'dark'] as const) {
  test(`picture of a run, ${colorScheme} @screenshot`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    const sandbox = await Sandbox.open(page);
    await sandbox.play(1); // the first run of a process connects to the stores, and takes longer than the others
    await sandbox.button('Reset to the example').click();
    await expect(sandbox.nodes('redis')).toContainText('2 keys');
    await sandbox.play(2);
    await sandbox.select(sandbox.nodes('redis'));
    await page.getByRole('slider', { name: 'Timeline' }).fill('11.55');
    await expect(sandbox.canvas.locator('.packet:not([hidden])')).toHaveCount(1);
    await sandbox.button('Dismiss message').click();
    await page.screenshot({ path: join(import.meta.dirname, '..', '..', 'docs', `run-${colorScheme}.png`) });
  });
}
