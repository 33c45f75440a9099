import { expect, test } from '../fixtures.ts';
import { milliseconds, Sandbox } from '../support/sandbox.ts';

test('one can step forward and back, and jump to the start and the end', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  await sandbox.button('Jump to start').click();
  await expect(sandbox.counter()).toHaveText('Frame 0 of 16');
  await expect(sandbox.packets()).toHaveCount(0);
  await sandbox.button('Step forward').click();
  await expect(sandbox.counter()).toHaveText('Frame 1 of 16');
  await expect(sandbox.packets()).toHaveText(['GET rohan']);
  await sandbox.button('Step forward').click();
  await sandbox.button('Step forward').click();
  await expect(sandbox.counter()).toHaveText('Frame 3 of 16');
  await expect(sandbox.packets()).toHaveText([/hit/]);
  await expect(sandbox.link('server-redis')).toHaveAttribute('data-tone', 'hit');
  await sandbox.button('Step back').click();
  await expect(sandbox.counter()).toHaveText('Frame 2 of 16');
  await expect(sandbox.button('Resume')).toBeVisible();
  await sandbox.button('Jump to end').click();
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
  await expect(sandbox.button('Step forward')).toHaveAttribute('aria-disabled', 'true');
  await sandbox.button('Step forward').click({ force: true });
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
});

test('the timeline can be scrubbed with the mouse and with the arrow keys', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  await sandbox.timeline.fill('7');
  await expect(sandbox.counter()).toHaveText('Frame 7 of 16');
  await sandbox.timeline.focus();
  await page.keyboard.press('ArrowRight');
  await expect(sandbox.counter()).toHaveText('Frame 8 of 16');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(sandbox.counter()).toHaveText('Frame 6 of 16');
  await expect(sandbox.timeline).toHaveAttribute('aria-valuetext', /^Frame 6 of 16: Server → Redis, GET john/);
  await page.keyboard.press('Home');
  await expect(sandbox.counter()).toHaveText('Frame 0 of 16');
  await page.keyboard.press('End');
  await expect(sandbox.counter()).toHaveText('Frame 16 of 16');
  const box = (await sandbox.timeline.boundingBox())!;
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await expect(sandbox.counter()).toHaveText(/^Frame [89] of 16$/);
});

test('the stores on the canvas count only what the playhead has passed', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  await sandbox.button('Jump to start').click();
  await expect(sandbox.node('redis')).toContainText('0 hits, 0 misses');
  await sandbox.timeline.fill('8');
  await expect(sandbox.node('redis')).toContainText('2 hits, 0 misses');
  await expect(sandbox.node('postgres')).toContainText('0 queries');
  await sandbox.button('Jump to end').click();
  await expect(sandbox.node('redis')).toContainText('2 hits, 1 miss');
  await expect(sandbox.node('postgres')).toContainText('1 query');
});

test('a paused viewer keeps his frame while another tab plays new runs', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.speed.fill('0.1'); // so slow that it surely plays until it is paused
  await sandbox.button('Play').click();
  await sandbox.button('Pause').click();
  await sandbox.timeline.fill('5');
  const other = await Sandbox.open(await context.newPage());
  await other.end();
  await other.play(2);
  await expect(page.getByText('Run 2 has happened meanwhile')).toBeVisible();
  await expect(sandbox.counter()).toHaveText('Frame 5 of 16');
  await expect(sandbox.button('Resume')).toBeVisible();
  await expect(sandbox.receiptsOf(1)).toHaveCount(8);
  await sandbox.button('Show it').click();
  await expect(sandbox.receiptsOf(2)).toHaveCount(6);
});

test('pausing holds the picture, and resuming goes on from there', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.speed.fill('0.1'); // so slow that it surely plays until it is paused
  await sandbox.button('Play').click();
  await expect(sandbox.packets()).toHaveCount(1);
  await sandbox.button('Pause').click();
  const place = () => sandbox.packets().first().evaluate((packet: HTMLElement) => packet.style.transform);
  const held = [await sandbox.counter().innerText(), await place()];
  // Thirty pictures of the browser later nothing has moved.
  await page.evaluate(async () => {
    for (let picture = 0; picture < 30; picture++) await new Promise((next) => requestAnimationFrame(next));
  });
  expect([await sandbox.counter().innerText(), await place()]).toEqual(held);
  await sandbox.button('Resume').click();
  await expect.poll(place).not.toBe(held[1]);
});

test('the speed goes from 0.1 to 8, and the slowdown that is written follows it', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await expect(sandbox.speed).toHaveAttribute('min', '0.1');
  await expect(sandbox.speed).toHaveAttribute('max', '8');
  await sandbox.play(1);
  // How long the run took depends on the machine, and with it by how much it is slowed down.
  const caption = async () => {
    const text = await page.getByTestId('slowdown').innerText();
    const [, took = '', pace = ''] = /^(.+), shown (.+)$/.exec(text) ?? [];
    const [, times = '1', way = 'slower'] = /^([\d,.]+) times (slower|faster)$/.exec(pace) ?? [];
    const number = Number(times.replaceAll(',', ''));
    return { took: milliseconds(took), slowdown: way === 'slower' ? number : 1 / number };
  };
  const slowdown = async () => (await caption()).slowdown;
  // Half a second for each of its 16 frames; both figures are told in two digits.
  const { took, slowdown: normal } = await caption();
  expect(took * normal).toBeGreaterThan(8_000 * 0.88);
  expect(took * normal).toBeLessThan(8_000 * 1.12);
  await sandbox.speed.fill('8');
  await expect(sandbox.speed).toHaveAttribute('aria-valuetext', '8 times');
  expect((await slowdown()) * 8).toBeGreaterThan(normal * 0.9);
  expect((await slowdown()) * 8).toBeLessThan(normal * 1.1);
  await sandbox.speed.fill('0.1');
  expect((await slowdown()) / 10).toBeGreaterThan(normal * 0.9);
  expect((await slowdown()) / 10).toBeLessThan(normal * 1.1);
  await sandbox.speed.focus();
  await page.keyboard.press('ArrowRight');
  await expect(sandbox.speed).toHaveValue('0.2');
});

test('receipts after the playhead are dimmed, and the current one is marked', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  const dimmed = () =>
    sandbox.receiptsOf(1).evaluateAll((rows) => rows.map((row) => getComputedStyle(row.querySelector('.badge')!).backgroundColor === 'rgba(0, 0, 0, 0)'));
  await expect.poll(dimmed).toEqual(Array(8).fill(false));
  await sandbox.button('Jump to start').click();
  await expect.poll(dimmed).toEqual(Array(8).fill(true));
  await sandbox.timeline.fill('7');
  await expect.poll(dimmed).toEqual([false, false, false, true, true, true, true, true]);
  await expect(sandbox.receipts.locator('[aria-current="true"]')).toHaveCount(1);
  await expect(sandbox.receipts.locator('[aria-current="true"]')).toContainText('GET john');
});

test('a receipt that is selected shows its frame, its link, and the command as it was sent', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  const miss = sandbox.receipts.locator('[data-outcome="miss"]');
  await miss.click();
  await expect(sandbox.counter()).toHaveText('Frame 11 of 16');
  await expect(sandbox.link('server-redis')).toHaveClass(/selected/);
  await expect(miss).toHaveAttribute('aria-expanded', 'true');
  const details = sandbox.receipts.locator('.receipt-details');
  await expect(details).toContainText(/GET "?aside:\{[0-9a-f]+:redis\}:doe/);
  await expect(details.getByText('Reply', { exact: true })).toBeVisible();
  await expect(details).toContainText(/\(?nil\)?/);
  await expect(details).toContainText(/\d+ µs/);

  await sandbox.receipts.locator('[data-outcome="stored"]').click();
  await expect(details).toHaveCount(1);
  await expect(details).toContainText(/SET .*aside:\{[0-9a-f]+:redis\}:doe.* EX .?3600/);
  await expect(details).toContainText('OK');

  await sandbox.receiptsOf(1, 3).nth(1).click();
  await expect(details).toContainText(/SELECT/);
  await expect(details).toContainText('Doe, Toronto');
  await page.keyboard.press('Escape');
  await expect(details).toHaveCount(0);
});

test('the receipts can be read with the keyboard', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.play(1);
  await sandbox.tabTo(sandbox.receiptsOf(1).last());
  await page.keyboard.press('ArrowUp');
  await expect(sandbox.receiptsOf(1).nth(6)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(sandbox.counter()).toHaveText('Frame 15 of 16');
  await expect(sandbox.receipts.locator('.receipt-details')).toContainText('EX');
});
