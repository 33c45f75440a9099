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

  /** An example, by its request. */
  example(request: string): Locator {
    return this.text.getByRole('group', { name: `Example: ${request}`, exact: true });
  }

  /** Sends the request of an example, which is that run; waits for its receipts in the text, and gives their outcomes. */
  async send(request: string, run: number): Promise<string[]> {
    const example = this.example(request);
    await example.getByRole('button', { name: `Send ${request}`, exact: true }).click();
    await expect(this.receiptsOf(run).first()).toBeVisible();
    await this.end();
    await expect(example.locator('[data-outcome]').first()).toBeVisible();
    return example.locator('[data-outcome]').evaluateAll((lines) => lines.map((line) => line.getAttribute('data-outcome')!));
  }

  /** Does something, and gives the goals that the server then finds to hold, once it has judged by that run. */
  async judged(run: number, act: () => Promise<void>): Promise<string[]> {
    const verdict = this.page.waitForResponse(
      async (response) => response.url().endsWith('/api/judge') && response.ok() && ((await response.json()) as Verdict).runs.includes(run),
      { timeout: 60_000 },
    );
    await act();
    const { holds }: Verdict = await (await verdict).json();
    return holds.filter((id) => !id.includes('/')); // the others are choices of predictions
  }

  /** Sends the requests of one client alone, by its name, in that run, and sees them to their end, or until they hang. */
  async playClient(name: string, run: number) {
    await this.button(`Play ${name}`).click();
    await expect(this.page.getByText(new RegExp(`Run ${run} has no receipts yet`)).or(this.receiptsOf(run).first())).toBeVisible();
    await this.end();
  }

  /** Starts the traffic of a client, and waits until the summary of that traffic stands there. */
  async traffic(client: string, number: number) {
    await this.select(this.node(client));
    await this.button('Start traffic').click();
    const summary = this.inspector.getByTestId('traffic-summary');
    await expect(summary.getByRole('heading', { name: `Traffic no. ${number}`, exact: true })).toBeVisible({ timeout: 180_000 });
    await expect(summary).toContainText('Completed after');
  }

  /** The address of a server's live service. */
  async liveUrl(server: string): Promise<string> {
    await this.select(this.node(server));
    await expect(this.field('Live URL')).toHaveValue(/\/live\//);
    return this.field('Live URL').inputValue();
  }

  /** What the checkpoint that was applied last says, if it is this one. */
  said(title: string): Locator {
    return this.checkpoint(title).locator('.said');
  }

  /** Applies a checkpoint that may have been applied before; what it says then is what it said already. */
  async applyAgain(title: string) {
    await this.applied(() => this.checkpoint(title).getByRole('button', { name: 'Apply' }).click());
  }

  /** Puts drawing and data back to what the lesson starts with. */
  async reset() {
    await this.applied(() => this.button('Reset lesson').click());
    await expect(this.notice()).toContainText('The sandbox is back to where this lesson starts. What you have reached stays reached.');
  }

  private async applied(press: () => Promise<void>) {
    const answer = this.page.waitForResponse((response) => response.url().endsWith('/api/apply') && response.ok());
    await press();
    await answer;
    await this.saved();
  }

  /** Opens a store's inspector, and waits until it lists exactly these keys or rows. */
  async holds(node: string, entries: Record<string, string>) {
    await this.select(this.node(node));
    await expect(this.figure((await this.node(node).getAttribute('data-kind')) === 'redis' ? 'Keys' : 'Rows')).toHaveText(`${Object.keys(entries).length}`);
    for (const [key, value] of Object.entries(entries)) await expect(this.row(key).getByRole('cell').first()).toContainText(value);
  }

  /** Applies a checkpoint, which then tells just this: what it did, and what to do next. */
  async does(title: string, told: string[], then: string) {
    await this.applyAgain(title);
    await expect(this.said(title).getByRole('listitem')).toHaveText(told);
    await expect(this.said(title)).toContainText(then);
  }

  /** Expects that a run has gone as a prediction said, and that the reason stands there. */
  async wentAsSaid(question: string | RegExp, why: string) {
    await expect(this.prediction(question)).toContainText('It went as you said.');
    await expect(this.prediction(question).getByText(why)).toBeVisible();
  }

  /** Expects that a run has gone otherwise than a prediction said: it is told without a word of blame, and the reason stands there. */
  async wentOtherwise(question: string | RegExp, why: string) {
    await expect(this.prediction(question)).toContainText('It went differently this time. Both stand above.');
    await expect(this.prediction(question)).not.toContainText(/wrong|incorrect|mistake|sorry|false|fail(?!s? with)|oops|✗|✘/i);
    await expect(this.prediction(question).getByText(why)).toBeVisible();
  }

  /** The commands of a run's receipts, or of those of one request, in the order in which they ended. */
  async commands(run: number, request?: number): Promise<string[]> {
    return this.receiptsOf(run, request).locator('.command').allInnerTexts();
  }
}

/** What the server says of goals and predictions, and by which new runs. */
interface Verdict {
  holds: string[];
  runs: number[];
}
