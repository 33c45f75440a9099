import { expect, type Locator, type Page } from '@playwright/test';

import { Sandbox } from './sandbox.ts';

/** A lesson beside its sandbox, as a learner sees it. */
export class Lesson extends Sandbox {
  static override async open(page: Page, slug: string): Promise<Lesson> {
    await page.goto(`/academy/${slug}`);
    const lesson = new Lesson(page);
    await lesson.isAlive();
    return lesson;
  }

  get text(): Locator {
    return this.page.getByRole('main');
  }

  get progress(): Locator {
    return this.page.getByTestId('lesson-progress');
  }

  /** A goal, by its id. */
  goal(id: string): Locator {
    return this.text.locator(`li[data-goal="${id}"]`);
  }

  /** The ids of the goals that are met. */
  async met(): Promise<string[]> {
    return this.text.locator('[data-goal][data-met="true"]').evaluateAll((goals) => goals.map((goal) => goal.getAttribute('data-goal')!));
  }

  /** Waits until exactly these goals are met, in whichever order. */
  async hasMet(...ids: string[]) {
    await expect.poll(async () => (await this.met()).sort()).toEqual([...ids].sort());
  }

  /** A checkpoint, by its title. */
  checkpoint(title: string): Locator {
    return this.text.getByRole('group', { name: title, exact: true });
  }

  /** Applies a checkpoint, and waits until it says what it did. */
  async apply(title: string) {
    const checkpoint = this.checkpoint(title);
    await checkpoint.getByRole('button', { name: 'Apply' }).click();
    await expect(checkpoint.getByRole('status')).not.toBeEmpty();
    await this.saved();
  }

  /** A prediction, by its question. */
  prediction(question: string | RegExp): Locator {
    return this.text.getByRole('group', { name: question });
  }

  /** Answers a prediction, and locks the answer in. */
  async predict(question: string | RegExp, ...answers: string[]) {
    const prediction = this.prediction(question);
    for (const answer of answers) await prediction.getByLabel(answer, { exact: true }).check();
    await prediction.getByRole('button', { name: 'Lock in' }).click();
    await expect(prediction).toHaveAttribute('data-state', 'locked');
  }

  /** What a run has made right of a prediction, in words; waits until one has. */
  async happened(question: string | RegExp): Promise<string[]> {
    const prediction = this.prediction(question);
    await expect(prediction).toHaveAttribute('data-state', 'marked');
    return prediction.locator('[data-happened="true"] > span').evaluateAll((choices) => choices.map((choice) => choice.firstChild!.textContent!.trim()));
  }
}
