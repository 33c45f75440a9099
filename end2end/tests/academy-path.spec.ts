import { expect, test } from '../fixtures.ts';
import { Academy, isAlive, keep, LESSONS, met, opened, progress } from '../support/academy.ts';
import { Lesson } from '../support/lesson.ts';

test('the path has eleven lessons in their order, with minutes and goals', async ({ page }) => {
  const academy = await Academy.open(page);
  await expect(page).toHaveTitle('Academy · Aside');
  await expect(academy.steps.getByRole('heading', { level: 3 })).toHaveText(LESSONS.map(({ title }) => title));
  const goals = await academy.goals();
  let minutes = 0;
  for (const { slug, title } of LESSONS) {
    const step = academy.step(title);
    await expect(step.getByRole('link')).toHaveAttribute('href', `/academy/${slug}`);
    const [, count] = /(\d+) minutes/.exec(await step.innerText())!;
    minutes += Number(count);
    await expect(academy.state(title)).toHaveText(`${goals[slug]!.length} goals`);
  }
  await expect(page.getByRole('main')).toContainText(`11 lessons, about ${Math.floor(minutes / 60)} hours and ${minutes % 60} minutes in all.`);
});

test('one begins with the first lesson, and goes on where one was last', async ({ page }) => {
  test.slow();
  const academy = await Academy.open(page);
  await expect(academy.call).toHaveText('Begin: Cache-aside');
  await expect(academy.call).toHaveAttribute('href', '/academy/cache-aside');
  await academy.call.click();
  await expect(page).toHaveURL('/academy/cache-aside');
  await isAlive(page);

  const lesson = await Lesson.open(page, 'build-it');
  await lesson.button('Add server').focus();
  await page.keyboard.press('Enter');
  await lesson.hasMet('a-server');
  await page.getByRole('link', { name: 'Academy', exact: true }).first().click();
  await isAlive(page);
  await expect(academy.call).toHaveText('Continue: Build it yourself');
  await expect(academy.state('Build it yourself')).toHaveText(/^1 of \d+ goals$/);
  // Opened, and nothing done in it: that is no step back to “never seen”.
  await expect(academy.state('Cache-aside')).toHaveText(/^0 of \d+ goals$/);
  await expect(academy.state('Redis')).toHaveText(/^\d+ goals$/);
  await academy.call.click();
  await expect(page).toHaveURL('/academy/build-it');
  await lesson.isAlive();
  await expect(lesson.goal('a-server')).toContainText('Reached');
});

test('lessons that are done are marked so, and one goes on with what is not', async ({ page }) => {
  const academy = await Academy.open(page);
  const goals = await academy.goals();
  const doneTill = (count: number) => LESSONS.slice(0, count).flatMap(({ slug }, index) => met(slug, goals[slug]!, 1_000 + index));

  // The one that was open last is done: one goes on with the one that was open before it.
  await keep(page, progress(...doneTill(3), opened('when-not-to', 500), opened('ttl', 600)));
  await page.goto('/academy');
  await isAlive(page);
  await expect(academy.call).toHaveText('Continue: TTL');
  for (const { slug, title } of LESSONS.slice(0, 3)) {
    await expect(academy.state(title)).toHaveText(`done, all ${goals[slug]!.length} goals`);
    await expect(academy.step(title)).toHaveAttribute('data-state', 'done');
  }
  await expect(academy.step('Writes and invalidation')).toHaveAttribute('data-state', 'open');
  await expect(academy.step('When not to')).toHaveAttribute('data-state', 'begun');

  // Nothing else was opened: the first that is not done.
  await keep(page, progress(...doneTill(4)));
  await page.goto('/academy');
  await isAlive(page);
  await expect(academy.call).toHaveText('Continue: Writes and invalidation');
  await expect(academy.call).toHaveAttribute('href', '/academy/invalidation');

  await keep(page, progress(...doneTill(LESSONS.length)));
  await page.goto('/academy');
  await isAlive(page);
  await expect(academy.page.locator('[data-state="done"]')).toHaveCount(LESSONS.length);
  await expect(academy.call).toHaveText('All lessons are done. Open the sandbox');
  await academy.call.click();
  await expect(page).toHaveURL('/sandbox');
});

test('the lessons lead to one another, along the whole path', async ({ page }) => {
  const next = page.getByRole('navigation', { name: 'Lessons' }).getByRole('link', { name: 'Next lesson' });
  const previous = page.getByRole('navigation', { name: 'Lessons' }).getByRole('link', { name: 'Previous lesson' });
  await page.goto('/academy/cache-aside');
  for (const [index, { slug, title }] of LESSONS.entries()) {
    await expect(page).toHaveURL(`/academy/${slug}`);
    await expect(page).toHaveTitle(`${title} · Aside`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await expect(page.getByRole('main')).toContainText(`lesson ${index + 1} of ${LESSONS.length}`);
    await expect(previous).toHaveCount(index === 0 ? 0 : 1);
    await expect(next).toHaveCount(index === LESSONS.length - 1 ? 0 : 1);
    if (index < LESSONS.length - 1) await next.click();
  }
  await previous.click();
  await expect(page).toHaveURL('/academy/stampede');
});

test.describe('a lesson that there is not', () => {
  test.use({ expected: /404/ });

  test('is a page that is not found, and says so', async ({ page }) => {
    for (const path of ['/academy/nothing', '/academy/TTL', '/academy/ttl/more', '/academy/..%2fsandbox']) {
      const response = await page.goto(path);
      expect(response?.status(), path).toBe(404);
      await expect(page).toHaveTitle('Not found · Aside');
      await expect(page.getByRole('main')).toContainText('There is no page at this address.');
    }
    await page.getByRole('link', { name: 'To the front page' }).click();
    await expect(page).toHaveURL('/');
  });
});
