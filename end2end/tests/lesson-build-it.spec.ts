import { type Locator, type Page } from '@playwright/test';

import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

// A trace keeps the page as it was at each press of a key, and here are hundreds.
test.use({ trace: 'off' });

const QUESTION = /The key is gone from Redis, the row is still in Postgres/;
const FILLED = 'Redis misses, Postgres has the row, and Redis is filled';
const FINISHED = 'Show me the finished drawing';
const DELETE = 'Delete myuser from Redis';

/** The steps up to the finished drawing, in the order of the lesson. */
const STEPS = ['a-client', 'a-server', 'client-to-server', 'a-redis', 'server-to-redis', 'a-postgres', 'server-to-postgres', 'a-key'];

/** Where the nodes are dropped, on the surface beside the lesson's text. */
const PLACES: Record<string, [number, number]> = { client: [110, 240], server: [360, 240], Redis: [640, 110], Postgres: [640, 360] };

/** The goals of the first so many steps are met, and no other. */
async function steps(lesson: Lesson, count: number) {
  await lesson.hasMet(...STEPS.slice(0, count));
  await expect(lesson.progress).toHaveText(`${count} of 10 goals`);
}

test('the lesson that is built from an empty canvas, with the mouse', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'build-it');
  await steps(lesson, 0);
  await expect(lesson.nodes()).toHaveCount(0);
  await expect(lesson.button('Play')).toBeDisabled();
  const add = (kind: string) => lesson.add(kind, ...PLACES[kind]!);
  const [client, server] = [lesson.nodes('client'), lesson.nodes('server')];
  const [redis, postgres] = [lesson.nodes('redis'), lesson.nodes('postgres')];

  await add('client');
  await lesson.select(client);
  await expect(lesson.field('Method')).toHaveValue('GET');
  await expect(lesson.goal('a-client')).toHaveAttribute('data-met', 'false');
  await lesson.field('Request key').fill('myuser');
  await lesson.button('Add request').click();
  await steps(lesson, 1);
  await expect(lesson.inspector).toContainText('This client is not linked to a server: its requests have nowhere to go.');

  await add('server');
  await steps(lesson, 2);
  await lesson.select(server);
  await expect(lesson.field('TTL (seconds)')).toHaveValue('3600');
  await expect(lesson.field('Redis timeout (ms)')).toHaveValue('100');
  await expect(lesson.field('Write policy')).toHaveValue('invalidate');
  await lesson.connect(client, server);
  await steps(lesson, 3);
  await lesson.play(1);
  await expect(lesson.status(1, 1)).toHaveText('404');
  expect(await lesson.outcomes(1, 1)).toEqual([]);

  await add('Redis');
  await steps(lesson, 4);
  // The link that the lesson asks to be tried is refused, and says why.
  await lesson.connect(client, redis);
  await expect(lesson.notice()).toContainText('A client never talks to a store itself');
  await expect(lesson.links()).toHaveCount(1);
  await expect(lesson.goal('server-to-redis')).toHaveAttribute('data-met', 'false');
  await lesson.connect(server, redis);
  await steps(lesson, 5);
  await lesson.play(2);
  await expect(lesson.status(2, 1)).toHaveText('404');
  expect(await lesson.outcomes(2, 1)).toEqual(['miss']);

  await add('Postgres');
  await steps(lesson, 6);
  await lesson.select(postgres);
  await lesson.button('Add row').click();
  await lesson.put('myuser', 'Maya, Lisbon');
  await expect(postgres).toContainText('1 row');
  // The two stores never talk to each other: Redis has no port to draw a link from.
  await expect(redis.locator('[data-port="out"]')).toHaveCount(0);
  await lesson.connect(server, postgres);
  await steps(lesson, 7);
  await lesson.select(redis);
  await lesson.button('Add key').click();
  await lesson.put('myuser', 'Maya, Lisbon', '3600');
  await steps(lesson, 8);
  await expect(lesson.row('myuser')).not.toHaveAttribute('data-stale');

  await lesson.play(3);
  expect(await lesson.allOutcomes(3)).toEqual(['hit', 'found']);
  await expect(lesson.status(3, 1)).toHaveText('200');
  await lesson.hasMet(...STEPS, 'a-hit');

  await lesson.select(redis);
  await lesson.button('Delete myuser').click();
  await expect(lesson.figure('Keys')).toHaveText('0');
  await lesson.predict(QUESTION, FILLED);
  await expect(lesson.goal('a-hit-then-a-miss')).toHaveAttribute('data-met', 'false');
  await lesson.play(4);
  expect(await lesson.happened(QUESTION)).toEqual([FILLED]);
  await expect(lesson.prediction(QUESTION)).toContainText('It went as you said.');
  expect(await lesson.allOutcomes(4)).toEqual(['miss', 'found', 'stored', 'found']);
  await expect(lesson.status(4, 1)).toHaveText('200');
  await expect(lesson.row('myuser')).toContainText(/3[56]\d\d s/);
  await expect(lesson.progress).toHaveText('All 10 goals reached');
  await expect(lesson.notice()).toContainText('Goal reached, and with it all goals of this lesson.');

  // One thing to break: nobody notices that the database is gone while the copy lives.
  const link = lesson.canvas.getByRole('button', { name: /^Link from Server to Postgres/ });
  await link.focus();
  await page.keyboard.press('Delete');
  await expect(lesson.links()).toHaveCount(2);
  await lesson.play(5);
  await expect(lesson.status(5, 1)).toHaveText('200');
  await lesson.select(redis);
  await lesson.button('Delete myuser').click();
  await expect(lesson.figure('Keys')).toHaveText('0');
  await lesson.play(6);
  await expect(lesson.status(6, 1)).toHaveText('404');
  await page.keyboard.press('Control+z');
  await expect(lesson.links()).toHaveCount(3);
  await lesson.power('off', 'Postgres');
  await lesson.play(7);
  await expect(lesson.status(7, 1)).toHaveText('503');
  await expect(lesson.progress).toHaveText('All 10 goals reached');
});

test('the lesson that is built from an empty canvas, with the keyboard', async ({ page }) => {
  test.slow(); // hundreds of presses of Tab
  const lesson = await Lesson.open(page, 'build-it');
  await steps(lesson, 0);
  const { keyboard } = page;
  const press = async (target: Locator, key = 'Enter') => {
    await lesson.tabTo(target, 200);
    await keyboard.press(key);
  };
  const inspect = async (node: Locator) => {
    await press(node);
    await expect(page.locator('#inspector-heading')).toBeFocused();
  };
  const add = async (kind: string) => {
    await press(lesson.button(`Add ${kind}`));
    await expect(lesson.nodes(kind.toLowerCase())).toBeFocused();
  };
  const connect = async (from: Locator, to: Locator) => {
    await press(from, 'c');
    await press(to);
  };
  const put = async (kind: string, button: string, ttl?: string) => {
    await inspect(lesson.nodes(kind));
    await press(lesson.button(button));
    await expect(lesson.field('Key')).toBeFocused();
    await keyboard.type('myuser');
    await keyboard.press('Tab');
    await keyboard.type('Maya, Lisbon');
    if (ttl) {
      await keyboard.press('Tab');
      await keyboard.type(ttl);
    }
    await keyboard.press('Enter');
    await expect(lesson.row('myuser')).toContainText('Maya, Lisbon');
    await expect(lesson.button(button)).toBeFocused();
  };
  const play = async (run: number) => {
    await press(lesson.button('Play'));
    await expect(lesson.receiptsOf(run).first()).toBeVisible();
    await press(lesson.button('Jump to end'));
    await expect(lesson.button('Play')).toBeVisible();
  };
  const [client, server] = [lesson.nodes('client'), lesson.nodes('server')];
  const [redis, postgres] = [lesson.nodes('redis'), lesson.nodes('postgres')];

  await add('client');
  await inspect(client);
  await lesson.tabTo(lesson.field('Request key'));
  await keyboard.type('myuser');
  await keyboard.press('Enter');
  await steps(lesson, 1);
  await add('server');
  await steps(lesson, 2);
  await connect(client, server);
  await steps(lesson, 3);
  await add('Redis');
  await steps(lesson, 4);
  await connect(client, redis);
  await expect(lesson.notice()).toContainText('A client never talks to a store itself');
  await connect(server, redis);
  await steps(lesson, 5);
  await add('Postgres');
  await steps(lesson, 6);
  await put('postgres', 'Add row');
  await connect(server, postgres);
  await steps(lesson, 7);
  await put('redis', 'Add key', '3600');
  await steps(lesson, 8);
  await play(1);
  await lesson.hasMet(...STEPS, 'a-hit');

  await inspect(redis);
  await press(lesson.button('Delete myuser'));
  await expect(lesson.figure('Keys')).toHaveText('0');
  // Wrong on purpose. A radio button is chosen with Space, and the next ones with the arrows.
  await lesson.tabTo(lesson.prediction(QUESTION).getByRole('radio').first(), 200);
  await keyboard.press('Space');
  await keyboard.press('ArrowDown');
  await expect(lesson.prediction(QUESTION).getByLabel('Redis misses, and the answer is 404', { exact: true })).toBeChecked();
  await press(lesson.prediction(QUESTION).getByRole('button', { name: 'Lock in' }));
  await expect(lesson.prediction(QUESTION)).toHaveAttribute('data-state', 'locked');
  await expect(lesson.goal('a-hit-then-a-miss')).toHaveAttribute('data-met', 'false');
  await play(2);
  expect(await lesson.happened(QUESTION)).toEqual([FILLED]);
  await expect(lesson.prediction(QUESTION)).toContainText('It went differently this time. Both stand above.');
  await expect(lesson.prediction(QUESTION)).not.toContainText(/wrong|sorry|incorrect|mistake|fail/i);
  await expect(lesson.progress).toHaveText('All 10 goals reached');
});

test('what is nearly asked for in the lesson that is built ticks nothing', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'build-it');
  const add = (kind: string) => lesson.add(kind, ...PLACES[kind]!);
  const isOpen = async (...ids: string[]) => {
    for (const id of ids) await expect(lesson.goal(id)).toHaveAttribute('data-met', 'false');
  };
  // Another key, and another method; the server that comes after them is what ticks.
  await add('client');
  await lesson.select(lesson.nodes('client'));
  await lesson.field('Request key').fill('my-user');
  await lesson.button('Add request').click();
  await expect(lesson.nodes('client')).toContainText('GET my-user');
  await lesson.field('Method').selectOption('DELETE');
  await lesson.field('Request key').fill('myuser');
  await lesson.button('Add request').click();
  await expect(lesson.nodes('client')).toContainText('DELETE myuser');
  await add('server');
  await lesson.hasMet('a-server');
  // A store that is linked to nothing, and holds another key.
  await add('Redis');
  await lesson.hasMet('a-server', 'a-redis');
  await isOpen('a-client', 'client-to-server', 'server-to-redis');
  await lesson.select(lesson.nodes('redis'));
  await lesson.button('Add key').click();
  await lesson.put('MyUser', 'Maya, Lisbon');
  await lesson.connect(lesson.nodes('client'), lesson.nodes('server'));
  await lesson.hasMet('a-server', 'a-redis', 'client-to-server');
  await lesson.connect(lesson.nodes('server'), lesson.nodes('redis'));
  await lesson.hasMet('a-server', 'a-redis', 'client-to-server', 'server-to-redis');
  await isOpen('a-client', 'a-key', 'a-postgres');
  // A row of that key is no copy of it.
  await add('Postgres');
  await lesson.select(lesson.nodes('postgres'));
  await lesson.button('Add row').click();
  await lesson.put('myuser', 'Maya, Lisbon');
  await lesson.connect(lesson.nodes('server'), lesson.nodes('postgres'));
  await lesson.hasMet('a-server', 'a-redis', 'client-to-server', 'server-to-redis', 'a-postgres', 'server-to-postgres');
  await isOpen('a-key');

  // A miss, then a hit, is not a hit, then a miss; what the miss fills in is a key as good as one that was typed.
  await lesson.select(lesson.nodes('client'));
  await lesson.button('Remove request 2').click();
  await lesson.type('Key of request 1', 'myuser');
  await lesson.hasMet('a-client', 'a-server', 'a-redis', 'client-to-server', 'server-to-redis', 'a-postgres', 'server-to-postgres');
  expect(await lesson.judged(1, () => lesson.play(1))).not.toContain('a-hit');
  await lesson.hasMet(...STEPS);
  const verdict = await lesson.judged(2, () => lesson.play(2));
  expect(verdict).toContain('a-hit');
  expect(verdict).not.toContain('a-hit-then-a-miss');
  await lesson.hasMet(...STEPS, 'a-hit');
  // What was reached stays reached: goals tell what was done, not what there is.
  await lesson.clear();
  await expect(lesson.progress).toHaveText('9 of 10 goals');
});

/** Presses Apply, and gives the status that the server answered with. */
async function press(page: Page, lesson: Lesson, title: string): Promise<number> {
  const answer = page.waitForResponse((response) => response.url().endsWith('/api/apply'));
  await lesson.checkpoint(title).getByRole('button', { name: 'Apply' }).click();
  return (await answer).status();
}

test.describe('a checkpoint of another drawing', () => {
  // The console tells a request that the server refuses.
  test.use({ expected: /the server responded with a status of 4\d\d/ });

  test('is refused in a drawing of one’s own, and changes nothing', async ({ page }) => {
    const lesson = await Lesson.open(page, 'build-it');
    await lesson.add('Redis', ...PLACES.Redis!);
    await lesson.hasMet('a-redis');
    await lesson.select(lesson.nodes('redis'));
    await lesson.button('Add key').click();
    await lesson.put('myuser', 'Maya, Lisbon');
    const before = await lesson.drawing();
    expect(await press(page, lesson, DELETE)).toBeGreaterThanOrEqual(400);
    await expect(lesson.notice()).toContainText('This checkpoint does not fit the drawing as it is now');
    await expect(lesson.said(DELETE)).toBeEmpty();
    expect(await lesson.drawing()).toEqual(before);
    await expect(lesson.row('myuser')).toBeVisible();
  });
});

test('in the lesson that is built a checkpoint does no harm twice, and a reset brings the empty canvas back', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'build-it');
  await lesson.apply(FINISHED);
  await expect(lesson.said(FINISHED)).toContainText('“Build it yourself, finished” is drawn, with its data.');
  await expect(lesson.said(FINISHED)).toContainText('Press Play: a hit.');
  // Whoever has it drawn for him has the drawing, and has yet to run it.
  await lesson.hasMet(...STEPS);
  const drawing = await lesson.drawing();
  await lesson.applyAgain(FINISHED);
  expect(await lesson.drawing()).toEqual(drawing);
  await lesson.holds('redis', { myuser: 'Maya, Lisbon' });
  await lesson.holds('postgres', { myuser: 'Maya, Lisbon' });
  await lesson.play(1);
  expect(await lesson.outcomes(1, 1)).toEqual(['hit']);
  await lesson.hasMet(...STEPS, 'a-hit');

  await lesson.apply(DELETE);
  await expect(lesson.said(DELETE)).toContainText('myuser was deleted from Redis.');
  await expect(lesson.said(FINISHED)).toBeEmpty();
  await lesson.holds('redis', {});
  await lesson.applyAgain(DELETE);
  await lesson.holds('redis', {});
  await lesson.holds('postgres', { myuser: 'Maya, Lisbon' });
  await expect(lesson.goal('a-hit-then-a-miss')).toHaveAttribute('data-met', 'false');
  await lesson.play(2);
  expect(await lesson.outcomes(2, 1)).toEqual(['miss', 'found', 'stored']);
  await expect(lesson.progress).toHaveText('All 10 goals reached');

  await lesson.reset();
  await expect(lesson.nodes()).toHaveCount(0);
  await expect(lesson.said(DELETE)).toBeEmpty();
  await expect(lesson.progress).toHaveText('All 10 goals reached');
  await page.reload();
  await lesson.isAlive();
  await expect(lesson.nodes()).toHaveCount(0);
  await expect(lesson.progress).toHaveText('All 10 goals reached');
});
