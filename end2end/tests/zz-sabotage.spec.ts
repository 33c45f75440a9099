import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';
test('complaints are noticed: must fail', async ({ page }) => { await Sandbox.open(page); await page.evaluate(() => { setTimeout(() => { throw new Error('sabotage') }, 0) }); await page.evaluate(() => new Promise((r) => setTimeout(r, 100))); });
test('idle counts: must fail', async ({ page }) => {
  await page.addInitScript(() => { const r = requestAnimationFrame.bind(window); (window as any).n = 0; window.requestAnimationFrame = (c) => { (window as any).n++; return r(c); }; });
  await Sandbox.open(page);
  await page.evaluate(() => { const loop = () => requestAnimationFrame(loop); loop(); });
  const a = await page.evaluate(() => (window as any).n); await page.waitForTimeout(500);
  expect(await page.evaluate(() => (window as any).n)).toBe(a);
});
test('sharing a session is noticed: must fail', async ({ page, context }) => {
  const mine = await Sandbox.open(page); const theirs = await Sandbox.open(await context.newPage());
  await theirs.select(theirs.node('redis')); await mine.select(mine.node('redis'));
  await mine.button('Delete john').click(); await expect(mine.row('john')).toHaveCount(0);
  await theirs.button('Add key').click(); await theirs.put('ada', 'x');
  await expect(theirs.table('Keys').getByRole('rowheader')).toHaveText(['ada', 'john', 'rohan'], { timeout: 3000 });
});
test('replaying is told from playing: must fail', async ({ page }) => {
  const s = await Sandbox.open(page); await s.play(1);
  const asked: string[] = []; page.on('request', (r) => { if (r.method() === 'POST') asked.push(r.url()); });
  await s.play(2); expect(asked.filter((url) => url.includes('run'))).toEqual([]);
});
