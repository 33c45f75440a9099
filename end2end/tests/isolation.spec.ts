import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

test('two visitors with the same keys never see what the other does', async ({ page, stranger }) => {
  const mine = await Sandbox.open(page);
  const theirs = await Sandbox.open(stranger);
  await mine.select(mine.node('redis'));
  await theirs.select(theirs.node('redis'));
  await expect(mine.row('rohan')).toBeVisible();
  await expect(theirs.row('rohan')).toBeVisible();

  await mine.button('Edit rohan').click();
  await mine.put(null, 'mine alone');
  await mine.button('Delete john').click();
  await mine.play(1);
  await mine.rename('My cache');
  await mine.saved();
  await expect(mine.row('doe')).toBeVisible();

  // Theirs has had its chance to hear of it: it has written and read since.
  await theirs.button('Add key').click();
  await theirs.put('ada', 'theirs alone');
  await expect(theirs.table('Keys').getByRole('rowheader')).toHaveText(['ada', 'john', 'rohan']);
  await expect(theirs.row('rohan')).toContainText('Rohan, Mumbai');
  await expect(theirs.counter()).toHaveText('No frames yet');
  await expect(theirs.node('redis')).not.toContainText('My cache');
  await theirs.play(1);
  expect(await theirs.outcomes(1, 1)).toEqual(['hit']);
  expect(await theirs.outcomes(1, 2)).toEqual(['hit']);
  await theirs.button('Flush').click();
  await expect(theirs.node('redis')).toContainText('0 keys');

  await mine.play(2);
  for (const request of [1, 2, 3]) expect(await mine.outcomes(2, request)).toEqual(['hit']);
  await expect(mine.table('Keys').getByRole('rowheader')).toHaveText(['doe', 'john', 'rohan']);
  await expect(mine.row('rohan')).toContainText('mine alone');
});

test('the two visitors’ commands go to keys of different names', async ({ page, stranger }) => {
  const sent = async (sandbox: Sandbox) => {
    await sandbox.play(1);
    await sandbox.receipts.locator('[data-outcome="miss"]').click();
    const text = await sandbox.receipts.locator('.receipt-details').innerText();
    return /aside:\{([0-9a-f]+):redis\}:doe/.exec(text)?.[1];
  };
  const mine = await sent(await Sandbox.open(page));
  const theirs = await sent(await Sandbox.open(stranger));
  expect(mine).toMatch(/^[0-9a-f]{32}$/);
  expect(theirs).toMatch(/^[0-9a-f]{32}$/);
  expect(theirs).not.toBe(mine);
});

test('the first page and the sandbox are different places of one visitor', async ({ page, context }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('redis'));
  await sandbox.button('Flush').click();
  await expect(sandbox.node('redis')).toContainText('0 keys');
  const home = await Sandbox.open(await context.newPage(), '/');
  await expect(home.node('redis')).toContainText('2 keys');
  await home.play(1);
  expect(await home.outcomes(1, 1)).toEqual(['hit']);
  await expect(sandbox.counter()).toHaveText('No frames yet');
});
