import { expect, test } from '../fixtures.ts';
import { Academy, done, isAlive, keep, kept, LESSONS, met, opened, progress } from '../support/academy.ts';
import { Lesson } from '../support/lesson.ts';
import { usual } from '../support/sandbox.ts';

const HITS = /Which of the three reads will hit/;

test('goals and answers survive a reload: locked in, right and wrong', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.predict(HITS, 'GET rohan', 'GET doe');
  await page.reload();
  await lesson.isAlive();
  const answer = lesson.prediction(HITS);
  await expect(answer).toHaveAttribute('data-state', 'locked');
  await expect(answer.getByLabel('GET rohan')).toBeChecked();
  await expect(answer.getByLabel('GET john')).not.toBeChecked();
  await expect(answer.getByLabel('GET doe')).toBeChecked();
  await expect(answer.getByLabel('GET doe')).toBeDisabled();
  await expect(answer.getByRole('button', { name: 'Locked in' })).toHaveAttribute('aria-disabled', 'true');

  await lesson.play(1);
  expect(await lesson.happened(HITS)).toEqual(['GET rohan', 'GET john']);
  await lesson.hasMet('two-hits-one-fill');
  await page.reload();
  await lesson.isAlive();
  await expect(answer).toHaveAttribute('data-state', 'marked');
  await expect(answer).toContainText('It went differently this time.');
  expect(await lesson.happened(HITS)).toEqual(['GET rohan', 'GET john']);
  const choice = (text: string) => answer.locator('[data-choice]').filter({ hasText: text });
  await expect(choice('GET rohan')).toContainText('your answer, and what happened');
  await expect(choice('GET john')).toContainText('what happened');
  await expect(choice('GET john')).not.toContainText('your answer');
  await expect(choice('GET doe')).toContainText('your answer');
  await expect(choice('GET doe')).not.toContainText('what happened');
  await expect(answer).toContainText('A read hits if Redis holds its key at that moment.');
  await lesson.hasMet('two-hits-one-fill');
  await expect(lesson.progress).toHaveText('1 of 4 goals');

  // Right this time: a new answer takes the place of the one before, once it is locked in.
  await answer.getByRole('button', { name: 'Answer again' }).click();
  await expect(answer).toHaveAttribute('data-state', 'open');
  await lesson.apply('Pre-seed cache (force all hits)');
  await lesson.predict(HITS, 'GET rohan', 'GET john', 'GET doe');
  await lesson.play(2);
  expect(await lesson.happened(HITS)).toEqual(['GET rohan', 'GET john', 'GET doe']);
  await page.reload();
  await lesson.isAlive();
  await expect(answer).toContainText('It went as you said.');
  await lesson.hasMet('two-hits-one-fill', 'no-query');
});

test('a page says where progress is kept, and on which device', async ({ page }) => {
  const academy = await Academy.open(page);
  await expect(academy.keeping).toContainText('kept on this device, in this browser, and nowhere else unless you ask for it');
  await page.goto('/academy/cache-aside');
  await expect(page.getByRole('main')).toContainText('Goals and answers of this lesson are kept on this device.');
  await page.getByRole('link', { name: 'Export them, or take them to another device' }).click();
  await expect(page).toHaveURL('/academy#keeping');
  await expect(academy.keeping.getByRole('heading', { name: 'Your progress' })).toBeInViewport();
});

test('a file takes progress to another browser, which keeps what it had', async ({ page, stranger }) => {
  const mine = [opened('cache-aside'), ...met('cache-aside', ['two-hits-one-fill', 'no-query']), { lesson: 'cache-aside', what: 'answer', id: 'which-hit', at_ms: 9, chosen: [0, 2], happened: [0, 1] }] as const;
  const academy = await Academy.with(page, progress(...mine));
  await expect(academy.state('Cache-aside')).toHaveText('2 of 4 goals');
  const file = await academy.export();
  await expect(academy.said).toHaveText('Exported as aside-progress.json.');

  const other = await Academy.with(stranger, progress(...met('ttl', ['spread']), ...met('cache-aside', ['without-redis'])));
  await other.import(file);
  await expect(other.said).toHaveText('Imported. What was kept here before is kept as well.');
  await expect(other.state('Cache-aside')).toHaveText('3 of 4 goals');
  await expect(other.state('TTL')).toHaveText('1 of 3 goals');
  // The same file again is welcome, and changes nothing.
  const before = await kept(stranger);
  await other.import(file);
  await expect(other.state('Cache-aside')).toHaveText('3 of 4 goals');
  expect(await kept(stranger)).toBe(before);

  const lesson = await Lesson.open(stranger, 'cache-aside');
  await lesson.hasMet('two-hits-one-fill', 'no-query', 'without-redis');
  expect(await lesson.happened(HITS)).toEqual(['GET rohan', 'GET john']);
  await expect(lesson.prediction(HITS)).toContainText('It went differently this time.');
});

test('a file that is none is refused in a sentence, and changes nothing', async ({ page }) => {
  const academy = await Academy.with(page, progress(...met('ttl', ['spread'])));
  const before = await kept(page);
  const mark = { lesson: 'ttl', what: 'goal', id: 'the-bound', at_ms: 5 };
  const files = [
    { what: 'text', text: 'rohan, john, doe', says: /This is no file with progress in it/ },
    { what: 'nothing', text: '', says: /This is no file with progress in it/ },
    { what: 'cut off', text: progress(...met('ttl', ['the-bound'])).slice(0, -9), says: /This is no file with progress in it/ },
    { what: 'a scenario', text: JSON.stringify(usual({ requests: ['a'], keys: ['a'] })), says: /This is no file with progress in it/ },
    { what: 'a mark of no kind', text: JSON.stringify({ format: 1, marks: [{ ...mark, what: 'magic' }] }), says: /This is no file with progress in it/ },
    { what: 'a time that is none', text: JSON.stringify({ format: 1, marks: [{ ...mark, at_ms: -1 }] }), says: /This is no file with progress in it/ },
    { what: 'of a newer Aside', text: JSON.stringify({ format: 2, marks: [mark] }), says: /written by a newer Aside/ },
    { what: 'without end', text: JSON.stringify({ format: 1, marks: Array.from({ length: 1_001 }, (_, n) => ({ ...mark, id: `${n}` })) }), says: /holds more than the lessons have/ },
    { what: 'with a name without end', text: JSON.stringify({ format: 1, marks: [{ ...mark, id: 'x'.repeat(65) }] }), says: /holds more than the lessons have/ },
  ];
  for (const { what, text, says } of files) {
    await test.step(what, async () => {
      await academy.import(text);
      await expect(academy.said).toHaveText(says);
      expect(await kept(page)).toBe(before);
      await expect(academy.state('TTL')).toHaveText('1 of 3 goals');
      // And a good one after it, which is no news here, is taken.
      await academy.import(before!);
      await expect(academy.said).toHaveText(/^Imported/);
    });
  }
});

test('progress in which everything is new is told to be of a newer Aside', async ({ page }) => {
  const academy = await Academy.open(page);
  await academy.import(JSON.stringify({ format: 2, lessons: { ttl: { goals: ['spread'] } } }));
  await expect(academy.said).toHaveText(/written by a newer Aside/);
});

test('progress survives a new version, in which lessons and goals have gone', async ({ page }) => {
  const marks = [
    opened('cache-aside', 10),
    ...met('cache-aside', ['no-query', 'a-goal-of-long-ago'], 20),
    { lesson: 'cache-aside', what: 'answer', id: 'which-hit', at_ms: 30, chosen: [1] },
    { lesson: 'cache-aside', what: 'answer', id: 'a-question-of-long-ago', at_ms: 31, happened: [7], chosen: [3] },
    opened('write-behind', 40),
    ...met('write-behind', ['queued'], 50),
    { lesson: 'redis', what: 'started-over', id: '', at_ms: 5 },
  ] as const;
  const academy = await Academy.with(page, progress(...marks));
  await expect(academy.state('Cache-aside')).toHaveText('1 of 4 goals');
  await expect(academy.call).toHaveText('Continue: Cache-aside');

  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.hasMet('no-query');
  const answer = lesson.prediction(HITS);
  await expect(answer).toHaveAttribute('data-state', 'locked');
  await expect(answer.getByLabel('GET john')).toBeChecked();
  // What has gone may come back: nothing of it is thrown away when more is done.
  await lesson.play(1);
  await lesson.hasMet('no-query', 'two-hits-one-fill');
  await expect(answer).toHaveAttribute('data-state', 'marked');
  expect(await done(page)).toEqual([
    'cache-aside answer a-question-of-long-ago', 'cache-aside answer which-hit', 'cache-aside goal a-goal-of-long-ago',
    'cache-aside goal no-query', 'cache-aside goal two-hits-one-fill', 'redis started-over', 'write-behind goal queued',
  ]);
});

test('what cannot be read in the browser is no obstacle, and not lost', async ({ page }) => {
  const unread = '{"format":2,"lessons":{"ttl":["spread"]}}'; // as a newer Aside may have left it
  const everything = () => page.evaluate(() => Object.values(localStorage) as string[]);
  const academy = await Academy.with(page, unread);
  await expect(academy.call).toHaveText('Begin: Cache-aside');
  expect(await everything()).toContain(unread);
  const lesson = await Lesson.open(page, 'build-it');
  await lesson.button('Add server').focus();
  await page.keyboard.press('Enter');
  await lesson.hasMet('a-server');
  await page.reload();
  await lesson.isAlive();
  await lesson.hasMet('a-server');
  expect(await everything()).toContain(unread);
});

test('what was done in one lesson is forgotten on request', async ({ page }) => {
  await keep(page, progress(...met('redis', ['expired'])));
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.predict(HITS, 'GET doe');
  await lesson.play(1);
  await lesson.hasMet('two-hits-one-fill');
  await lesson.happened(HITS);
  await lesson.button('Forget what I did in this lesson').click();
  await expect(lesson.notice()).toContainText('What you did in this lesson is forgotten.');
  await lesson.hasMet();
  await expect(lesson.progress).toHaveText('0 of 4 goals');
  await expect(lesson.prediction(HITS)).toHaveAttribute('data-state', 'open');
  for (const text of ['GET rohan', 'GET john', 'GET doe']) {
    await expect(lesson.prediction(HITS).getByLabel(text)).not.toBeChecked();
    await expect(lesson.prediction(HITS).getByLabel(text)).toBeEnabled();
  }
  // The sandbox is as it was, and so are other lessons.
  await expect(lesson.node('redis')).toContainText('3 keys');
  expect(await done(page)).toEqual(['cache-aside started-over', 'redis goal expired']);

});

test('what was forgotten does not come back of itself', async ({ page }) => {
  const lesson = await Lesson.open(page, 'cache-aside');
  await lesson.play(1);
  await lesson.hasMet('two-hits-one-fill');
  await lesson.button('Forget what I did in this lesson').click();
  await lesson.hasMet();
  // The run is that of before: a goal is met again by what is done again.
  const judged = page.waitForResponse((response) => response.url().endsWith('/api/judge'));
  await page.reload();
  await lesson.isAlive();
  await judged;
  await expect(lesson.progress).toHaveText('0 of 4 goals');
  expect(await done(page)).toEqual(['cache-aside started-over']);
});

test('all progress is forgotten on request, once one is sure', async ({ page }) => {
  const academy = await Academy.with(page, progress(opened('cache-aside'), ...met('cache-aside', ['no-query']), ...met('ttl', ['spread'])));
  const before = await kept(page);
  const asked: string[] = [];
  page.once('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  await academy.button('Forget all progress').click();
  await expect.poll(() => asked).toEqual(['Forget everything that you did in the lessons, here and on synced devices?']);
  expect(await kept(page)).toBe(before);
  await expect(academy.state('TTL')).toHaveText('1 of 3 goals');

  page.once('dialog', (dialog) => void dialog.accept());
  await academy.button('Forget all progress').click();
  await expect(academy.said).toHaveText('Everything is forgotten.');
  for (const title of ['Cache-aside', 'TTL']) await expect(academy.state(title)).not.toContainText(/[1-9] of|done/);
  // An old file does not bring it back: that was done before.
  await academy.import(before!);
  await expect(academy.said).toHaveText(/^Imported/);
  expect(await done(page)).toEqual(['cache-aside started-over', 'ttl started-over']);
  await page.reload();
  await isAlive(page);
  for (const title of ['Cache-aside', 'TTL']) await expect(academy.state(title)).not.toContainText(/[1-9] of|done/);
});

test('whoever has forgotten everything begins at the beginning', async ({ page }) => {
  const academy = await Academy.with(page, progress(opened('ttl'), ...met('ttl', ['spread'])));
  page.once('dialog', (dialog) => void dialog.accept());
  await academy.button('Forget all progress').click();
  await expect(academy.said).toHaveText('Everything is forgotten.');
  await expect(academy.call).toHaveText('Begin: Cache-aside');
  await expect(academy.state('TTL')).toHaveText('3 goals');
});

test('a goal that is met in one tab is ticked in the other', async ({ page, context }) => {
  const academy = await Academy.open(await context.newPage());
  const there = await Lesson.open(await context.newPage(), 'build-it');
  const here = await Lesson.open(page, 'build-it');
  await expect(academy.call).toHaveText('Continue: Build it yourself');
  await here.button('Add server').focus();
  await page.keyboard.press('Enter');
  await here.hasMet('a-server');
  await there.hasMet('a-server');
  await expect(academy.state('Build it yourself')).toHaveText(/^1 of \d+ goals$/);

  // An answer, too: locked in here, locked there.
  const answer = (lesson: Lesson) => lesson.prediction(/What will the next run do/);
  await answer(here).getByRole('radio').first().check();
  await answer(here).getByRole('button', { name: 'Lock in' }).click();
  await expect(answer(there)).toHaveAttribute('data-state', 'locked');
  await expect(answer(there).getByRole('radio').first()).toBeChecked();
});

test('two tabs that do different things lose nothing', async ({ page, context }) => {
  const one = await Lesson.open(page, 'cache-aside');
  const two = await Lesson.open(await context.newPage(), 'build-it');
  // At the same time.
  await Promise.all([
    one.predict(HITS, 'GET doe'),
    (async () => {
      for (const kind of ['server', 'Redis', 'Postgres']) {
        await two.button(`Add ${kind}`).focus();
        await two.page.keyboard.press('Enter');
      }
    })(),
  ]);
  await Promise.all([one.play(1), two.hasMet('a-postgres', 'a-redis', 'a-server')]);
  await one.hasMet('two-hits-one-fill');
  await one.happened(HITS);
  const all = [
    'build-it goal a-postgres', 'build-it goal a-redis', 'build-it goal a-server',
    'cache-aside answer which-hit', 'cache-aside goal two-hits-one-fill',
  ];
  await expect.poll(() => done(page)).toEqual(all);
  await Promise.all([page.reload(), two.page.reload()]);
  await one.isAlive();
  await two.isAlive();
  await one.hasMet('two-hits-one-fill');
  await two.hasMet('a-postgres', 'a-redis', 'a-server');
  expect(await done(page)).toEqual(all);
});

test('every lesson knows the goals of its step', async ({ page, request }) => {
  const goals = await (await Academy.open(page)).goals();
  for (const { slug } of LESSONS) {
    const text = await (await request.get(`/academy/${slug}`)).text();
    expect([...text.matchAll(/data-goal="([^"]+)"/g)].map(([, id]) => id), slug).toEqual(goals[slug]);
  }
});
