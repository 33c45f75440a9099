import { join } from 'node:path';

import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';
import { Sandbox } from '../support/sandbox.ts';

// The pictures of the README. `npm run screenshot` takes them.

/** Where a picture goes. */
function picture(name: string): string {
  return join(import.meta.dirname, '..', '..', 'docs', `${name}.png`);
}

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
    await page.screenshot({ path: picture(`run-${colorScheme}`) });
  });
}

test('picture of a lesson @screenshot', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.play(1);
  await lesson.apply('Empty Redis cache (force all misses)');
  await lesson.play(2);
  await lesson.hasMet('two-hits-one-fill', 'three-misses');
  await page.getByRole('slider', { name: 'Timeline' }).fill('3.45');
  await expect(lesson.packets()).toHaveCount(1);
  await lesson.button('Dismiss message').click();
  await lesson.checkpoint('Empty Redis cache (force all misses)').scrollIntoViewIfNeeded();
  await page.screenshot({ path: picture('lesson-light') });
});
