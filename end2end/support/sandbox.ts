import { expect, type Locator, type Page } from '@playwright/test';

/** The sandbox as a visitor sees it: what the flows do again and again, by the names that people and screen readers use. */
export class Sandbox {
  constructor(readonly page: Page) {}

  static async open(page: Page, path = '/sandbox'): Promise<Sandbox> {
    await page.goto(path);
    const sandbox = new Sandbox(page);
    await sandbox.isAlive();
    return sandbox;
  }

  async isAlive() {
    await expect(this.page.locator('body[data-hydrated="true"]')).toBeAttached({ timeout: 30_000 });
  }

  get canvas() {
    return this.page.getByRole('region', { name: 'Canvas' });
  }

  get inspector() {
    return this.page.getByLabel('Inspector', { exact: true });
  }

  get receipts() {
    return this.page.getByRole('log', { name: 'Receipts' });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  nodes(kind?: string): Locator {
    return this.canvas.locator(kind ? `[data-node-id][data-kind="${kind}"]` : '[data-node-id]');
  }

  links(): Locator {
    return this.canvas.locator('[data-link]');
  }

  counter(): Locator {
    return this.page.getByTestId('frame-counter');
  }

  /** Presses Play, waits for the run, and jumps to its end. */
  async play(run: number) {
    await this.button('Play').click();
    await expect(this.receipts.locator(`[data-run="${run}"]`).first()).toBeVisible();
    await this.end();
  }

  /** To the end of what is shown. */
  async end() {
    await expect(async () => {
      const jump = this.button('Jump to end');
      if (!(await this.button('Play').isVisible())) await jump.click();
      await expect(this.button('Play')).toBeVisible({ timeout: 500 });
    }).toPass();
  }

  /** The outcomes of the hops to stores of one request, in order; the client's own hop, which comes last, is left out. */
  async outcomes(run: number, request: number): Promise<string[]> {
    const rows = this.receipts.locator(`[data-run="${run}"][data-request="${request}"]`);
    const all = await rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-outcome') ?? ''));
    return all.slice(0, -1);
  }

  async saved() {
    await expect(this.page.getByTestId('save-state')).toHaveText('Saved');
  }

  /** A point of the surface, in window coordinates, from its upper left corner. */
  async at(x: number, y: number) {
    const box = await this.canvas.locator('.surface').boundingBox();
    if (!box) throw new Error('the surface is not on the screen');
    return { x: box.x + x, y: box.y + y };
  }

  async drag(from: { x: number; y: number }, to: { x: number; y: number }, release = true) {
    const { mouse } = this.page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
    await mouse.move(to.x, to.y, { steps: 4 });
    if (release) await mouse.up();
  }

  async center(locator: Locator) {
    const box = await locator.boundingBox();
    if (!box) throw new Error('not on the screen');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  /** Drags a kind from the palette to a point of the surface. */
  async add(kind: string, x: number, y: number) {
    await this.drag(await this.center(this.button(`Add ${kind}`)), await this.at(x, y));
  }

  /** Drags a link from one node's port to another node. */
  async connect(from: Locator, to: Locator, release = true) {
    await this.drag(await this.center(from.locator('[data-port="out"]')), await this.center(to), release);
  }

  /** Deletes every node, with the keyboard. */
  async clear() {
    for (let left = await this.nodes().count(); left > 0; left--) {
      await this.nodes().first().focus();
      await this.page.keyboard.press('Delete');
      await expect(this.nodes()).toHaveCount(left - 1);
    }
  }

  /** Where a node stands on the canvas. */
  async place(node: Locator): Promise<string> {
    return node.evaluate((card: HTMLElement) => card.style.transform);
  }

  async select(node: Locator) {
    await node.click({ position: { x: 60, y: 85 } });
  }
}

/** Fails the test on anything that the page complains of. */
export function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  return complaints;
}
