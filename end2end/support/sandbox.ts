import { readFile } from 'node:fs/promises';

import { expect, type Locator, type Page } from '@playwright/test';

import type { Condition, Scenario } from './scenarios.ts';

export * from './scenarios.ts';

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

  /** Presses Play, waits for the run, and jumps to its end. Whoever is in the middle of another run leaves it first. */
  async play(run: number) {
    if (await this.button('Resume').isVisible()) await this.end();
    await this.button('Play').click();
    await expect(this.receipts.locator(`[data-run="${run}"]`).first()).toBeVisible();
    await this.end();
  }

  /** To the end of what is shown. */
  async end() {
    await expect(async () => {
      // While the end waits for what has yet to happen, there is nothing to jump to.
      const jump = this.page.locator('[aria-label="Jump to end"][aria-disabled="false"]');
      if (!(await this.button('Play').isVisible()) && (await jump.count()) > 0) await jump.click({ timeout: 1_000 });
      await expect(this.button('Play')).toBeVisible({ timeout: 500 });
    }).toPass();
  }

  /** The outcomes of the hops to stores of one request, in order; the client's own hop, which comes last, is left out. */
  async outcomes(run: number, request: number): Promise<string[]> {
    const rows = this.receipts.locator(`[data-run="${run}"][data-request="${request}"]`);
    const all = await rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-outcome') ?? ''));
    return all.slice(0, -1);
  }

  /** The outcomes of all hops of a run, those of the calls to servers too, in the order in which they ended. */
  async allOutcomes(run: number): Promise<string[]> {
    return this.receiptsOf(run).evaluateAll((rows) => rows.map((row) => row.getAttribute('data-outcome') ?? ''));
  }

  /** The receipt of the client's own call, which ends last, of one request. */
  call(run: number, request: number): Locator {
    return this.receiptsOf(run, request).last();
  }

  /** The status that a request was answered with; nothing if it never reached its server. */
  status(run: number, request: number): Locator {
    return this.call(run, request).locator('.status');
  }

  /** How many milliseconds were injected into the hop of a receipt, as its details tell. Leaves it open. */
  async injected(receipt: Locator): Promise<number> {
    const text = await (await this.open(receipt)).innerText();
    const [, us = ''] = /Injected\s+([\d,]+) µs of delay, beside what was measured/.exec(text) ?? [];
    return us === '' ? 0 : Number(us.replaceAll(',', '')) / 1_000;
  }

  /** What in the receipts cannot be read: texts that leave their line, or lie under the time that the hop took. */
  async unreadable(): Promise<string[]> {
    return this.receipts.locator('.receipt-line').evaluateAll((lines) =>
      lines.flatMap((line) => {
        const [edge, took] = [line.getBoundingClientRect(), line.querySelector('.took')!.getBoundingClientRect()];
        const texts = [...line.querySelectorAll('.badge, .status, small, .took')].filter((text) => text.textContent !== '');
        const bad = texts.filter((text) => {
          // The text itself, which may be longer than the box that it is in.
          const range = document.createRange();
          range.selectNodeContents(text);
          const { left, right, top, bottom } = range.getBoundingClientRect();
          const isUnder = text.closest('.took') === null && right > took.left + 1 && left < took.right && bottom > took.top + 1 && top < took.bottom - 1;
          return right > edge.right + 1 || left < edge.left - 1 || isUnder;
        });
        return bad.map((text) => `${text.textContent} in ${line.textContent}`);
      }),
    );
  }

  /** The details of the receipt that is open. */
  get details(): Locator {
    return this.receipts.locator('.receipt-details');
  }

  /** Opens a receipt, and gives its details. */
  async open(receipt: Locator): Promise<Locator> {
    await receipt.click();
    await expect(receipt).toHaveAttribute('aria-expanded', 'true');
    return this.details;
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
  async place(node: Locator): Promise<{ x: number; y: number }> {
    return node.evaluate(({ style }: HTMLElement) => ({ x: parseInt(style.marginLeft, 10), y: parseInt(style.marginTop, 10) }));
  }

  /** Selects a node with a click below its name and its buttons, however small the view shows it. */
  async select(node: Locator) {
    const box = await node.boundingBox();
    if (!box) throw new Error('not on the screen');
    await node.click({ position: { x: 0.3 * box.width, y: 0.8 * box.height } });
  }

  /** The node of that id. */
  node(id: string): Locator {
    return this.canvas.locator(`[data-node-id="${id}"]`);
  }

  /** The link between the nodes of these ids: `client-server`. */
  link(name: string): Locator {
    return this.canvas.locator(`[data-link="${name}"]`);
  }

  /** The receipts of one run, or of one request in it. */
  receiptsOf(run: number, request?: number): Locator {
    return this.receipts.locator(`[data-run="${run}"]${request ? `[data-request="${request}"]` : ''}`);
  }

  packets(): Locator {
    return this.canvas.locator('.packet:not([hidden])');
  }

  get timeline(): Locator {
    return this.page.getByRole('slider', { name: 'Timeline', exact: true });
  }

  get speed(): Locator {
    return this.page.getByRole('slider', { name: 'Speed', exact: true });
  }

  /** A labelled field of the inspector. */
  field(label: string): Locator {
    return this.inspector.getByLabel(label, { exact: true });
  }

  table(name: 'Keys' | 'Rows'): Locator {
    return this.inspector.getByRole('table', { name, exact: true });
  }

  /** The row of a key in one of the tables. */
  row(key: string): Locator {
    return this.inspector.getByRole('row').filter({ has: this.page.getByRole('rowheader', { name: key, exact: true }) });
  }

  /** A figure of a store's inspector: its keys, hits, misses, queries … */
  figure(name: string): Locator {
    return this.inspector.locator('dl > div').filter({ has: this.page.getByText(name, { exact: true }) }).locator('dd');
  }

  /** What a server did, as its inspector tells it: in the run that is shown, or in all. */
  figureOf(row: string, column: 'This run' | 'Sandbox'): Locator {
    const rows = this.inspector.getByRole('table', { name: 'What it did', exact: true }).getByRole('row');
    const name = this.page.getByRole('rowheader', { name: row, exact: true });
    return rows.filter({ has: name }).getByRole('cell').nth(column === 'This run' ? 0 : 1);
  }

  /** All of these figures, in one column. */
  async figuresOf(column: 'This run' | 'Sandbox'): Promise<Record<string, string>> {
    const told: Record<string, string> = {};
    for (const row of FIGURES) told[row] = await this.figureOf(row, column).innerText();
    return told;
  }

  /** A switch of a server's inspector. */
  switch(label: string): Locator {
    return this.inspector.getByRole('switch', { name: label, exact: true });
  }

  /** Types a number or a text into a field of the inspector, and takes it over. */
  async type(label: string, text: string) {
    await this.field(label).fill(text);
    await this.field(label).press('Enter');
  }

  /** Opens the inspector of a link. */
  async selectLink(name: string) {
    await this.link(name).focus();
    await expect(this.link(name)).toHaveClass(/selected/);
  }

  /** Sets the condition of a link, and leaves it selected. */
  async condition(name: string, condition: Condition) {
    await this.selectLink(name);
    await this.field('Condition').selectOption(condition);
    await expect(this.link(name)).toHaveAttribute('data-condition', condition);
  }

  /** Switches a store off or on, by its name. */
  async power(to: 'on' | 'off', name: string) {
    await this.button(`Power ${to} ${name}`).click();
    await expect(this.button(`Power ${to === 'on' ? 'off' : 'on'} ${name}`)).toBeVisible();
  }

  /** What the short message on the screen says. */
  notice(): Locator {
    return this.page.locator('.notice');
  }

  /** Fills the form of a key or a row, and saves it. */
  async put(key: string | null, value: string, ttl?: string) {
    if (key !== null) await this.field('Key').fill(key);
    await this.field('Value').fill(value);
    if (ttl !== undefined) await this.field('TTL (seconds)').fill(ttl);
    await this.button('Save').click();
    await expect(this.button('Save')).toHaveCount(0);
  }

  /** Renames the selected node. */
  async rename(name: string) {
    await this.field('Name').fill(name);
    await this.page.keyboard.press('Enter');
  }

  /** Puts a scenario in the place of the one that is shown, as a visitor would: from a file. */
  async import(scenario: Scenario) {
    // The drawing before it may look the same: that it has been replaced is known when the stores have been refilled.
    const refilled = this.page.waitForResponse(
      (response) => response.url().endsWith('/api/save') && response.ok() && response.request().postDataJSON().refill === true,
      { timeout: 30_000 },
    );
    await this.choose('scenario.aside.json', JSON.stringify(scenario));
    await refilled;
    // Of many nodes only those near the view are in the document.
    const { nodes } = scenario.graph;
    if (nodes.length <= 150) await expect(this.nodes()).toHaveCount(nodes.length, { timeout: 30_000 });
    else await expect(this.page.locator('.inspector')).toContainText(`${nodes.length} nodes`, { timeout: 30_000 });
    await this.saved();
  }

  /** Chooses a file to be imported. */
  async choose(name: string, text: string) {
    const file = { name, mimeType: 'application/json', buffer: Buffer.from(text) };
    await this.page.getByLabel('Import scenario').setInputFiles(file);
  }

  /** The file that Export hands out. */
  async export(): Promise<Scenario> {
    const download = this.page.waitForEvent('download');
    await this.button('Export scenario').click();
    return JSON.parse(await readFile(await (await download).path(), 'utf8'));
  }

  /** The drawing as it is on the screen: names, places and links. */
  async drawing(): Promise<string[]> {
    const cards = await this.nodes().evaluateAll((cards) =>
      cards.map((card) => `${card.getAttribute('aria-label')} at ${(card as HTMLElement).style.margin}`),
    );
    const links = await this.links().evaluateAll((links) => links.map((link) => link.getAttribute('aria-label') ?? ''));
    return [...cards, ...links].sort();
  }

  /** What has the keyboard focus: an id, a name or a tag. Never `BODY`, if nobody is to lose his place. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('data-node-id') ?? element?.getAttribute('aria-label') ?? (element?.id || element?.tagName) ?? '';
    });
  }

  /** Presses Tab until the element has the focus. */
  async tabTo(target: Locator, most = 80) {
    for (let presses = 0; presses < most; presses++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`${most} presses of Tab do not lead to ${target}`);
  }
}

/** A time as people read it, in milliseconds. */
export function milliseconds(text: string): number {
  const [, number = '', unit = ''] = /^([\d.,]+) (µs|ms|s)$/.exec(text) ?? [];
  return Number(number.replaceAll(',', '')) * { µs: 0.001, ms: 1, s: 1_000 }[unit]!;
}

/** What a server's inspector tells of what it did. */
export const FIGURES = ['Reads', 'Hits', 'Misses', 'Hit rate', 'Failed requests', 'Stale reads', 'Longest staleness'] as const;
