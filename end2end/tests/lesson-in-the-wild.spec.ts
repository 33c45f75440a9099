import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

const TREE = /How many statements does Postgres get for the two reads/;
const LOGOUT = /What is the last request answered/;
const SHARE = /How many of a hundred reads will hit/;
const CURL = /What will the header Cache-Status say the second time/;
const DISCUSSION = 'A discussion, read twice';
const LOG_OUT = 'Read, log out, read';
const CARELESS = 'A logout that forgets the cache';
const TODOS = 'A to-do API under a hundred users';
const WITHOUT = 'The same minute without Redis';

const post = (url: string, value: unknown) =>
  fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ value }) });

test('the lesson about the wild is walked through its four cases', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'in-the-wild');
  expect(await lesson.send('GET product:42', 1)).toEqual(['miss', 'found', 'stored', 'found']);
  await expect(lesson.example('GET product:42')).toContainText('JOIN');
  await lesson.play(2);
  await lesson.hasMet('join-once');

  await lesson.apply(DISCUSSION);
  await lesson.predict(TREE, 'One for each level, once.');
  await lesson.play(3);
  expect(await lesson.happened(TREE)).toEqual(['One.']);

  await lesson.apply(LOG_OUT);
  await lesson.play(4);
  for (const [request, status] of [[1, '200'], [2, '200'], [3, '404']] as const) await expect(lesson.status(4, request)).toHaveText(status);
  await lesson.hasMet('join-once', 'logged-out');
  await lesson.apply(CARELESS);
  await lesson.predict(LOGOUT, '404: there is no such session.');
  await lesson.play(5);
  expect(await lesson.happened(LOGOUT)).toEqual(['200, with the session.']);
  await lesson.hasMet('join-once', 'logged-out');
});

test('the to-do API is measured for a minute with a cache and for one without', async ({ page }) => {
  test.setTimeout(420_000); // two minutes of traffic, and what a busy machine adds
  const lesson = await Lesson.open(page, 'in-the-wild');
  await lesson.apply(TODOS);
  await expect(lesson.said(TODOS)).toContainText('“A to-do API” is drawn, with its data.');
  await lesson.predict(SHARE, '80 or more.');
  await lesson.traffic('users', 1);
  await lesson.wentAsSaid(SHARE, 'about 2,000 misses among 22,800 reads');
  await lesson.hasMet('a-minute');
  await lesson.apply(WITHOUT);
  await lesson.traffic('users', 2);
  await lesson.hasMet('a-minute', 'what-it-saves');
});

test('the to-do API of the lesson answers from outside', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'in-the-wild');
  await lesson.apply(TODOS);
  const url = await lesson.liveUrl('server');
  expect(url).toMatch(/\/server\/todos$/);
  await expect(lesson.field('In a terminal')).toHaveValue(`curl -i ${url}/user:1`);
  const first = await fetch(`${url}/user:1`);
  expect(first.headers.get('cache-status')).toBe('redis; fwd=miss; stored');
  await expect(lesson.receipts.locator('[data-outcome="stored"]').first()).toBeVisible();
  await lesson.end();
  await lesson.predict(CURL, 'redis; fwd=miss; stored');
  await expect(lesson.prediction(CURL)).toContainText('Now send the request; its answer will mark it.');
  const second = await fetch(`${url}/user:1`);
  expect(second.headers.get('cache-status')).toMatch(/^redis; hit; ttl=\d+$/);
  expect(await lesson.happened(CURL)).toEqual(['redis; hit; ttl=…']);
  expect(await lesson.met()).toEqual([]);

  const created = await post(url, { title: 'Buy milk', done: false });
  expect(created.status).toBe(201);
  await lesson.hasMet('created');
  const statuses = await Promise.all([...Array(10).keys()].map(async (hand) => {
    let answered = 0;
    for (let list = 1; list <= 40; list++) answered += Number((await fetch(`${url}/user:${hand * 40 + list}`)).ok);
    return answered;
  }));
  expect(statuses.reduce((sum, answered) => sum + answered)).toBe(400);
  await lesson.hasMet('created', 'load');
});
