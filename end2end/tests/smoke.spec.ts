import { expect, test } from '../fixtures.ts';

test('the first page answers', async ({ page }) => {
  const response = await page.goto('/');
  expect(response?.status()).toBe(200);
  await expect(page.locator('body')).toContainText('Aside');
});
