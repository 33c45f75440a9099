import { expect, test } from '../fixtures.ts';
import { Lesson } from '../support/lesson.ts';

test('the lesson about cache-aside, as a learner walks it', async ({ page }) => {
  test.slow();
  const lesson = await Lesson.open(page, 'cache-aside');
  await expect(lesson.progress).toHaveText('0 of 4 goals');
  expect(await lesson.met()).toEqual([]);

  await lesson.predict(/Which of the three reads will hit/, 'GET rohan', 'GET john');
  await lesson.play(1);
  expect(await lesson.happened(/Which of the three reads will hit/)).toEqual(['GET rohan', 'GET john']);
  await expect(lesson.prediction(/Which of the three/)).toContainText('It went as you said.');
  await lesson.hasMet('two-hits-one-fill');
});
