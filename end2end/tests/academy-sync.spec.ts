import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { Aside, expect, test } from '../fixtures.ts';
import { Academy, done, isAlive, keep, keptCode, met, opened, progress, synced } from '../support/academy.ts';
import { Lesson } from '../support/lesson.ts';

/** Four characters thrice, none of which is taken for another. */
const CODE = /^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}$/;
/** Codes that nobody has been given. */
const WRONG = ['2222-2222-2222', '3333-3333-3333', '4444-4444-4444', '5555-5555-5555', '6666-6666-6666'];

const HITS = /Which of the three reads will hit/;

test('a code brings two devices to the same progress, and keeps them there', async ({ page, stranger }) => {
  test.slow();
  const mine = await Academy.with(page, progress(opened('ttl'), ...met('ttl', ['spread'])));
  await expect(mine.keeping).toContainText('forgets both when nobody has used it for 90 days');
  await expect(mine.code).toHaveCount(0);
  const code = await mine.makeCode();
  expect(code).toMatch(CODE);
  await expect(mine.said).toHaveText('The code is made. Type it in on your other device.');

  const other = await Academy.with(stranger, progress(...met('redis', ['expired', 'slow-hits'])));
  await other.join(code.toLowerCase().replaceAll('-', ''));
  await expect(other.said).toHaveText('Both devices have the same progress now.');
  await expect(other.state('TTL')).toHaveText('1 of 3 goals');
  await expect(other.state('Redis')).toHaveText('2 of 4 goals');
  await page.reload();
  await isAlive(page);
  await expect(mine.state('TTL')).toHaveText('1 of 3 goals');
  await expect(mine.state('Redis')).toHaveText('2 of 4 goals');
  await expect(mine.code).toHaveText(code);

  // What is done on one of them later arrives at the other on its next page.
  const here = await Lesson.open(page, 'cache-aside');
  await synced(page, () => here.predict(HITS, 'GET doe'));
  const there = await Lesson.open(stranger, 'cache-aside');
  await expect(there.prediction(HITS)).toHaveAttribute('data-state', 'locked');
  await expect(there.prediction(HITS).getByLabel('GET doe')).toBeChecked();
  await synced(stranger, () => there.play(1));
  await there.hasMet('two-hits-one-fill');
  // The goal and the mark may have been told one after the other: the last word is what the page keeps.
  await expect(async () => {
    await page.reload();
    await here.isAlive();
    await expect(here.goal('two-hits-one-fill')).toHaveAttribute('data-met', 'true', { timeout: 2_000 });
    await expect(here.prediction(HITS)).toHaveAttribute('data-state', 'marked', { timeout: 2_000 });
  }).toPass();
  expect(await done(page)).toEqual(await done(stranger));

  // And what is forgotten on one is forgotten on the other.
  await synced(page, () => here.button('Forget what I did in this lesson').click());
  await stranger.goto('/academy');
  await isAlive(stranger);
  await expect(other.state('Cache-aside')).not.toContainText(/[1-9] of/);
  await expect(other.state('TTL')).toHaveText('1 of 3 goals');
});

test('a code is shown as it was made, however it was typed', async ({ page, stranger }) => {
  const code = await (await Academy.open(page)).makeCode();
  const other = await Academy.open(stranger);
  await other.join(` ${code.toLowerCase().replaceAll('-', ' ')} `);
  await expect(other.said).toHaveText('Both devices have the same progress now.');
  await expect(other.code).toHaveText(code);
});

test('a device that stops keeps what it has, and hears no more', async ({ page, stranger }) => {
  const mine = await Academy.with(page, progress(...met('ttl', ['spread'])));
  const code = await mine.makeCode();
  const other = await Academy.open(stranger);
  await other.join(code);
  await expect(other.state('TTL')).toHaveText('1 of 3 goals');

  await other.button('Stop syncing on this device').click();
  await expect(other.said).toHaveText('This device keeps its progress to itself again. The code goes on working elsewhere.');
  await expect(other.code).toHaveCount(0);
  expect(await keptCode(stranger)).toBeNull();
  await expect(other.state('TTL')).toHaveText('1 of 3 goals');

  await synced(page, () => mine.import(progress(...met('ttl', ['the-bound']))));
  await stranger.reload();
  await isAlive(stranger);
  await expect(other.state('TTL')).toHaveText('1 of 3 goals');
  await page.reload();
  await isAlive(page);
  await expect(mine.code).toHaveText(code);
  await expect(mine.state('TTL')).toHaveText('2 of 3 goals');
});

/** Another device that is synced with this one, and has not heard yet that this one deleted the code. */
async function deletedElsewhere(mine: Academy, page: Page): Promise<{ code: string; other: Academy }> {
  const code = await mine.makeCode();
  const other = await Academy.open(page);
  await other.join(code);
  await expect(other.code).toHaveText(/./);
  await mine.button('Delete the code').click();
  await expect(mine.said).toHaveText('The code is deleted, and what was kept under it.');
  return { code, other };
}

test.describe('when a code is gone', () => {
  test.use({ expected: /404/ });

  test('the other device stops, and keeps what it has', async ({ page, stranger }) => {
    const mine = await Academy.with(page, progress(...met('ttl', ['spread'])));
    const { code, other } = await deletedElsewhere(mine, stranger);
    await expect(mine.code).toHaveCount(0);
    await expect(mine.state('TTL')).toHaveText('1 of 3 goals');
    await stranger.reload();
    await isAlive(stranger);
    await expect(other.code).toHaveCount(0);
    await expect(other.button('Make a sync code')).toBeVisible();
    await expect(other.state('TTL')).toHaveText('1 of 3 goals');
    await other.join(code);
    await expect(other.said).toHaveText(/code/);
    await expect(other.said).not.toHaveText('Both devices have the same progress now.');
    await expect(other.code).toHaveCount(0);
  });

  test('deleting it from the other device, too, lets go of it', async ({ page, stranger }) => {
    const mine = await Academy.open(page);
    const { other } = await deletedElsewhere(mine, stranger);
    await other.button('Delete the code').click();
    await expect(other.said).toHaveText(/./);
    await expect(other.code).toHaveCount(0);
  });
});

test.describe('a code that is wrong', () => {
  test.use({ expected: /404|429|422|400/ });

  test('is told so in a sentence, and after five of them nobody guesses on', async ({ page, stranger }) => {
    const mine = await Academy.with(page, progress(...met('ttl', ['spread'])));
    const code = await mine.makeCode();
    const other = await Academy.open(stranger);
    await other.button('Use this code').click();
    await expect(other.said).toHaveText('Type the code that the other device shows.');
    // No code at all costs no guess.
    for (const text of ['2222', 'ABCD-EFGH-IJKL', `${code}2`, '<b>2222-2222-2222']) {
      await other.join(text);
      await expect(other.said).toHaveText(/^A code has 12 letters and digits/);
    }
    for (const wrong of WRONG) {
      await Promise.all([stranger.waitForResponse('**/api/sync'), other.join(wrong)]);
      await expect(other.said).toHaveText(/code/i);
      await expect(other.said).not.toContainText(/Too many|same progress|12 letters/);
      await expect(other.said).not.toContainText(wrong);
    }
    await other.join(code);
    await expect(other.said).toHaveText('Too many codes were wrong: wait a minute, then try again.');
    await expect(other.code).toHaveCount(0);
    await expect(other.state('TTL')).toHaveText('3 goals');
    // That is the one who guesses; the one who has the code is not kept out.
    await synced(page, () => page.reload());
    await expect(mine.code).toHaveText(code);
  });
});

test('a code is written down nowhere: not in what the server says, and not in its data', async ({ browser }) => {
  const aside = await Aside.start(['--log', 'debug']);
  try {
    const contexts = await Promise.all([1, 2].map(() => browser.newContext({ baseURL: aside.url })));
    const [page, stranger] = await Promise.all(contexts.map((context) => context.newPage()));
    const mine = await Academy.with(page!, progress(...met('ttl', ['spread'])));
    const code = await mine.makeCode();
    const other = await Academy.open(stranger!);
    await other.join(code.toLowerCase());
    await expect(other.said).toHaveText('Both devices have the same progress now.');
    for (const wrong of WRONG.slice(0, 2)) {
      await keep(stranger!, progress());
      await stranger!.evaluate((code) => localStorage.setItem('aside:sync-code', code), wrong);
      await Promise.all([stranger!.waitForResponse('**/api/sync'), stranger!.goto('/academy')]);
    }
    await Promise.all(contexts.map((context) => context.close()));

    expect(aside.log).toContain('POST /api/sync');
    const spellings = [code, ...WRONG.slice(0, 2)].flatMap((code) => [code, code.replaceAll('-', ''), code.toLowerCase(), code.toLowerCase().replaceAll('-', '')]);
    for (const spelling of spellings) expect(aside.log).not.toContain(spelling);
    const files = await readdir(aside.dataDir, { recursive: true, withFileTypes: true });
    for (const file of files.filter((file) => file.isFile())) {
      const bytes = await readFile(join(file.parentPath, file.name)).catch(() => Buffer.alloc(0)); // Postgres may have removed it
      const found = spellings.slice(0, 4).filter((spelling) => bytes.includes(spelling));
      expect(found, file.name).toEqual([]);
    }
  } finally {
    await aside.stop();
  }
});
