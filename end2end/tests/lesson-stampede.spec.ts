import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

const HOW_MANY = /How many queries will Postgres get/;
const WHAT_CHANGES = /The same reads, with single-flight/;
const PLAIN = 'Nothing against it';
const SINGLE_FLIGHT = 'Switch single-flight on';
const EARLY = 'Refresh early, too';
const IN_STEP = 'A hundred keys, filled together';
const JITTER = 'The same with a jitter of 50 percent';

test('the lesson about the stampede is walked from the crowd to what remains', async ({ page }) => {
  test.setTimeout(420_000); // a hundred seconds of traffic, and what a busy machine adds
  const lesson = await Lesson.open(page, 'stampede');
  await lesson.apply(PLAIN);
  await lesson.predict(HOW_MANY, 'About as many as there are expiries and first reads: 550.');
  await expect(lesson.prediction(HOW_MANY)).toContainText('Now start the traffic; its end will mark it.');
  await lesson.traffic('readers', 1);
  expect(await lesson.happened(HOW_MANY)).toEqual(['Far more: between 900 and 5,000.']);
  await lesson.hasMet('stampede');

  await lesson.apply(SINGLE_FLIGHT);
  await expect(lesson.said(SINGLE_FLIGHT)).toContainText('Server: single-flight on.');
  await lesson.predict(WHAT_CHANGES, 'Fewer queries; about as many misses.');
  await lesson.traffic('readers', 2);
  await lesson.wentAsSaid(WHAT_CHANGES, 'Those who wait have missed all the same.');
  await lesson.hasMet('stampede', 'one-flight');

  await lesson.apply(EARLY);
  await expect(lesson.said(EARLY)).toContainText('Server: single-flight on, early refresh on.');
  await lesson.traffic('readers', 3);
  await lesson.hasMet('stampede', 'one-flight', 'before-the-end');

  await lesson.apply(IN_STEP);
  await expect(lesson.said(IN_STEP)).toContainText('Readers has traffic: 300 users, 500 requests a second, 20 s, 0 % writes, 100 keys drawn evenly.');
  await lesson.traffic('readers', 4);
  await expect(lesson.goal('levelled')).toHaveAttribute('data-met', 'false');
  await lesson.apply(JITTER);
  await lesson.traffic('readers', 5);
  await lesson.hasMet('stampede', 'one-flight', 'before-the-end', 'levelled');

  await lesson.apply(EARLY);
  await lesson.select(lesson.node('readers'));
  await lesson.type('Write share (%)', '10');
  await lesson.saved();
  await lesson.traffic('readers', 6);
  await lesson.hasMet('stampede', 'one-flight', 'before-the-end', 'levelled', 'deleted');
  await expect(lesson.progress).toHaveText('All 5 goals reached');
});

test('what is nearly asked for in the lesson about the stampede ticks nothing', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'stampede');
  await lesson.predict(HOW_MANY, '7,500: the cache does not help at all.');
  // Stopped in the middle: nothing is known, and no answer marked.
  await lesson.select(lesson.node('readers'));
  await lesson.button('Start traffic').click();
  await expect(lesson.inspector.getByRole('progressbar')).toBeVisible();
  await lesson.button('Stop traffic').click();
  await expect(lesson.inspector.getByTestId('traffic-summary')).toContainText('Stopped after');
  await expect(lesson.prediction(HOW_MANY)).toHaveAttribute('data-state', 'locked');
  expect(await lesson.met()).toEqual([]);

  // To its end, but too little of it: the answer is marked, and the goal is not reached.
  await lesson.type('Duration (s)', '2');
  await lesson.saved();
  await lesson.traffic('readers', 2);
  expect(await lesson.happened(HOW_MANY)).toEqual(['About as many as there are expiries and first reads: 550.']);
  expect(await lesson.met()).toEqual([]);
  await page.reload();
  await lesson.isAlive();
  expect(await lesson.met()).toEqual([]);
  await expect(lesson.prediction(HOW_MANY)).toHaveAttribute('data-state', 'marked');
});
