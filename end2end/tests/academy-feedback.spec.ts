import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { type Aside, expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';
import { server } from '../support/programs.ts';

/** What `aside feedback` prints: one line for each opinion, without its time. */
async function opinions(aside: Aside): Promise<string[]> {
  const { REDIS_URL: _redis, DATABASE_URL: _database, ...env } = process.env;
  const { stdout } = await promisify(execFile)(server(), ['feedback', '--data-dir', aside.dataDir], { env });
  expect(stdout).toMatch(/^time,lesson,helpful,sentence\n/);
  return stdout.trimEnd().split('\n').slice(1).map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ,/, ''));
}

/** Of a lesson only, for other tests may have given theirs. */
async function about(aside: Aside, slug: string): Promise<string[]> {
  return (await opinions(aside)).filter((line) => line.startsWith(`${slug},`));
}

test('an opinion needs no sentence, and a visitor has one for each lesson', async ({ page, stranger, aside }) => {
  const before = (await about(aside, 'when-not-to')).length;
  const lesson = await Lesson.open(page, 'when-not-to');
  const said = page.getByTestId('feedback-said');
  await expect(page.getByLabel(/What was good, or what was missing/)).toBeHidden();
  await lesson.button('Yes, helpful').click();
  await expect(said).toHaveText('Thank you. If you like, say in a sentence why.');
  expect((await about(aside, 'when-not-to')).slice(before)).toEqual(['when-not-to,yes,']);

  // Changed one's mind: the later one counts, and there is still one.
  await lesson.button('Not really').click();
  await expect.poll(async () => (await about(aside, 'when-not-to')).slice(before)).toEqual(['when-not-to,no,']);

  const other = await Lesson.open(stranger, 'when-not-to');
  await other.button('Yes, helpful').click();
  await expect(stranger.getByTestId('feedback-said')).toHaveText(/^Thank you/);
  expect((await about(aside, 'when-not-to')).slice(before).sort()).toEqual(['when-not-to,no,', 'when-not-to,yes,']);
});

test('a sentence arrives as it was written', async ({ page, aside }) => {
  const lesson = await Lesson.open(page, 'postgresql');
  const said = page.getByTestId('feedback-said');
  const sentence = page.getByLabel(/What was good, or what was missing/);
  await lesson.button('Not really').click();
  await sentence.fill('“COMMIT”, <b>please</b>, and more of it; über WAL "quoted".');
  await lesson.button('Send').click();
  await expect(said).toHaveText('Thank you. Your sentence has arrived.');
  await expect(sentence).toBeHidden();
  expect(await about(aside, 'postgresql')).toContain('postgresql,no,"“COMMIT”, <b>please</b>, and more of it; über WAL ""quoted""."');

  // Another sentence takes its place. A spreadsheet is not to take it for a formula, and no key is a shortcut meanwhile.
  await lesson.button('Yes, helpful').click();
  await expect(said).toHaveText('Thank you. If you like, say in a sentence why.');
  await sentence.fill('');
  await page.keyboard.type('=f[1]+F');
  await lesson.button('Send').click();
  await expect(said).toHaveText('Thank you. Your sentence has arrived.');
  expect(await about(aside, 'postgresql')).toContain("postgresql,yes,'=f[1]+F");
  expect(await about(aside, 'postgresql')).not.toContainEqual(expect.stringContaining('COMMIT'));
  await expect(page).toHaveURL('/academy/postgresql');
});

test('which of the two was pressed can be seen', async ({ page }) => {
  const lesson = await Lesson.open(page, 'redis');
  await lesson.button('Not really').click();
  await expect(page.getByTestId('feedback-said')).toHaveText(/^Thank you/);
  await expect(lesson.button('Not really')).toHaveAttribute('aria-pressed', 'true');
  await expect(lesson.button('Yes, helpful')).not.toHaveAttribute('aria-pressed', 'true');
});
