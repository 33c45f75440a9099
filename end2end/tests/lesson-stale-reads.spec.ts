import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

const SCRIPT = /What will the reader get/;
const RELEASED = /You release the SET. What does Redis hold then/;
const LEASED = /What becomes of the reader's SET/;
const HOLD = 'Hold every SET on its way to Redis';
const LEASES = 'The same, with leases';
const LET_GO = 'Hold nothing any more';
const WINDOW = 'Leases, and nothing held';
const ALL = ['forgot', 'one-door', 'by-hand', 'refused', 'the-window'];

/** Has the link to Redis hold that command from now on. */
async function hold(lesson: Lesson, command: string) {
  await lesson.selectLink('server-redis');
  await lesson.switch('Hold').check();
  await lesson.field('Command').selectOption(command);
  await lesson.saved();
}

/** Lets a held packet go, and waits until the run that hung on it is over. */
async function release(lesson: Lesson, packet: string, run: number) {
  await lesson.button(`Release ${packet}`).click();
  await expect(lesson.button(`Release ${packet}`)).toHaveCount(0);
  await expect(lesson.status(run, 1)).toBeAttached();
  await lesson.end();
}

/** The outcomes of the stale hits of a run. */
const stale = (lesson: Lesson, run: number) => lesson.receiptsOf(run).and(lesson.page.locator('[data-stale="true"]'));

test('the lesson about stale reads is walked from the script to the lease', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'stale-reads');
  expect(await lesson.send('PUT rohan Rohan, Pune', 1)).toEqual(['stored', 'stored']);
  await lesson.predict(SCRIPT, 'Rohan, Mumbai: Redis says so.');
  await lesson.play(2);
  expect(await lesson.happened(SCRIPT)).toEqual(['Rohan, Mumbai: Redis says so.']);
  await expect(stale(lesson, 2)).toHaveCount(1);
  await lesson.hasMet('forgot');

  // Through the one door.
  await lesson.link('nightly-script').focus();
  await page.keyboard.press('Delete');
  await expect(lesson.link('nightly-script')).toHaveCount(0);
  await lesson.connect(lesson.node('nightly'), lesson.node('server'));
  await expect(lesson.link('nightly-server')).toBeVisible();
  await lesson.saved();
  await lesson.playClient('Nightly job', 3);
  await lesson.hasMet('forgot', 'one-door');
  await lesson.holds('redis', {});

  // The race, by hand.
  await lesson.apply(HOLD);
  await expect(lesson.said(HOLD)).toContainText('The link from Server to Redis holds every SET.');
  await lesson.predict(RELEASED, 'Rohan, Mumbai, for an hour.');
  await lesson.playClient('Reader', 4);
  await expect(lesson.button('Release SET rohan')).toBeVisible();
  await lesson.judged(5, () => lesson.playClient('Writer', 5));
  await expect(lesson.status(5, 1)).toHaveText('200');
  // The write is over, and is not what was asked about.
  await expect(lesson.prediction(RELEASED)).toHaveAttribute('data-state', 'locked');
  await lesson.holds('redis', {});
  await release(lesson, 'SET rohan', 4);
  expect(await lesson.happened(RELEASED)).toEqual(['Rohan, Mumbai, for an hour.']);
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  await expect(lesson.goal('by-hand')).toHaveAttribute('data-met', 'false');
  await lesson.playClient('Reader', 6);
  await expect(stale(lesson, 6)).toHaveCount(1);
  await lesson.hasMet('forgot', 'one-door', 'by-hand');

  // The lease that ends it.
  await lesson.apply(LEASES);
  await expect(lesson.said(LEASES)).toContainText('Server: lease on.');
  await lesson.predict(LEASED, 'It is stored, as before.');
  await lesson.playClient('Reader', 7);
  await lesson.playClient('Writer', 8);
  await release(lesson, 'SET rohan', 7);
  expect(await lesson.happened(LEASED)).toEqual(['It is refused, and the reader gets Mumbai all the same.']);
  await expect(lesson.receiptsOf(7).and(page.locator('[data-outcome="not-stored"]'))).toHaveCount(1);
  await lesson.apply(LET_GO);
  await expect(lesson.said(LET_GO)).toContainText('The link from Server to Redis holds nothing.');
  await lesson.playClient('Reader', 9);
  await lesson.hasMet('forgot', 'one-door', 'by-hand', 'refused');
  await lesson.holds('redis', { rohan: 'Rohan, Pune' });

  // What is left.
  await lesson.apply(WINDOW);
  await lesson.playClient('Reader', 10);
  await hold(lesson, 'DEL');
  await lesson.playClient('Writer', 11);
  await expect(lesson.button('Release DEL rohan')).toBeVisible();
  await lesson.playClient('Reader', 12);
  await expect(stale(lesson, 12)).toHaveCount(1);
  await expect(lesson.goal('the-window')).toHaveAttribute('data-met', 'false');
  await release(lesson, 'DEL rohan', 11);
  await lesson.hasMet(...ALL);
  await expect(lesson.progress).toHaveText('All 5 goals reached');
});

test('what is nearly asked for in the lesson about stale reads ticks nothing', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'stale-reads');
  // The reader alone: a hit, and nobody has written.
  expect(await lesson.judged(1, () => lesson.playClient('Reader', 1))).toEqual([]);
  // A SET that was held, and no write meanwhile.
  await lesson.apply(HOLD);
  await lesson.playClient('Reader', 2);
  expect(await lesson.judged(2, () => release(lesson, 'SET rohan', 2))).toEqual([]);
  expect(await lesson.judged(3, () => lesson.playClient('Reader', 3))).toEqual([]);
  await expect(stale(lesson, 3)).toHaveCount(0);
  // A lease that nobody ends refuses nothing.
  await lesson.apply(LEASES);
  await lesson.playClient('Reader', 4);
  expect(await lesson.judged(4, () => release(lesson, 'SET rohan', 4))).toEqual([]);
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  // A write that is over before anybody reads leaves nothing stale.
  await lesson.apply(WINDOW);
  await lesson.playClient('Reader', 5);
  await hold(lesson, 'DEL');
  await lesson.playClient('Writer', 6);
  await release(lesson, 'DEL rohan', 6);
  expect(await lesson.judged(7, () => lesson.playClient('Reader', 7))).toEqual([]);
  expect(await lesson.met()).toEqual([]);
});

test('a checkpoint of the lesson about stale reads ends a race that still hangs', async ({ page }) => {
  const lesson = await Lesson.open(page, 'stale-reads');
  await lesson.apply(HOLD);
  await lesson.playClient('Reader', 1);
  await expect(lesson.button('Release SET rohan')).toBeVisible();
  await lesson.applyAgain(HOLD);
  await expect(lesson.button('Release SET rohan')).toHaveCount(0);
  await lesson.holds('redis', {});
  await lesson.playClient('Reader', 2);
  await lesson.playClient('Writer', 3);
  // What is let go by the other button lands as if by hand.
  await lesson.apply(LET_GO);
  await expect(lesson.button('Release SET rohan')).toHaveCount(0);
  await lesson.holds('redis', { rohan: 'Rohan, Mumbai' });
  await lesson.end();
  await lesson.playClient('Reader', 4);
  await lesson.hasMet('by-hand');
  await lesson.reset();
  await lesson.hasMet('by-hand');
});
