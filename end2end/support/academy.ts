import { readFile } from 'node:fs/promises';

import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';

/** The lessons, in the order of the path. */
export const LESSONS = [
  { slug: 'cache-aside', title: 'Cache-aside' },
  { slug: 'redis', title: 'Redis' },
  { slug: 'postgresql', title: 'PostgreSQL' },
  { slug: 'ttl', title: 'TTL' },
  { slug: 'invalidation', title: 'Writes and invalidation' },
  { slug: 'cache-down', title: 'When the cache dies' },
  { slug: 'when-not-to', title: 'When not to' },
  { slug: 'build-it', title: 'Build it yourself' },
  { slug: 'stale-reads', title: 'Stale reads and the race' },
  { slug: 'stampede', title: 'The stampede' },
  { slug: 'in-the-wild', title: 'Cache-aside in the wild' },
] as const;

/** Where the browser keeps progress, and the code that it is synced under. */
const DRAWER = 'aside:progress';
const CODE_DRAWER = 'aside:sync-code';

/** Something that was done in a lesson, as it is kept. */
export interface Mark {
  lesson: string;
  what: 'opened' | 'started-over' | 'goal' | 'answer';
  id: string;
  at_ms: number;
  happened?: readonly number[];
  chosen?: readonly number[];
}

/** That a lesson was opened. */
export function opened(lesson: string, at_ms = 1_000): Mark {
  return { lesson, what: 'opened', id: '', at_ms };
}

/** That these goals of a lesson were met. */
export function met(lesson: string, goals: string[], at_ms = 2_000): Mark[] {
  return goals.map((id) => ({ lesson, what: 'goal', id, at_ms }));
}

/** Progress as version 1 of its format is written. */
export function progress(...marks: Mark[]): string {
  return JSON.stringify({ format: 1, marks });
}

/** `/academy`, as a visitor sees it. */
export class Academy {
  constructor(readonly page: Page) {}

  static async open(page: Page): Promise<Academy> {
    await page.goto('/academy');
    await isAlive(page);
    return new Academy(page);
  }

  /** Opens it in a browser that has kept this text as its progress. */
  static async with(page: Page, kept: string): Promise<Academy> {
    await keep(page, kept);
    return Academy.open(page);
  }

  get steps(): Locator {
    return this.page.getByRole('region', { name: 'The path' }).getByRole('listitem');
  }

  /** A lesson's step of the path, by the lesson's title. */
  step(title: string): Locator {
    return this.steps.filter({ has: this.page.getByRole('link', { name: title, exact: true }) });
  }

  /** How far one has come in a lesson, in words. */
  state(title: string): Locator {
    return this.step(title).getByTestId('lesson-progress');
  }

  /** The goals of each lesson, by their ids. */
  async goals(): Promise<Record<string, string[]>> {
    const steps = await this.steps.evaluateAll((steps) => steps.map((step) => [step.getAttribute('data-lesson')!, step.getAttribute('data-goals')!] as const));
    return Object.fromEntries(steps.map(([slug, goals]) => [slug, goals.split(' ')]));
  }

  /** Where one begins, or goes on. */
  get call(): Locator {
    return this.page.getByRole('main').getByRole('link', { name: /^(Begin|Continue|All lessons)/ });
  }

  /** What becomes of what is kept. */
  get keeping(): Locator {
    return this.page.getByRole('region', { name: 'Your progress' });
  }

  button(name: string): Locator {
    return this.keeping.getByRole('button', { name, exact: true });
  }

  /** What was said last about what is kept. */
  get said(): Locator {
    return this.page.getByTestId('keeping-said');
  }

  /** The code that is shown; nothing where there is none. */
  get code(): Locator {
    return this.page.getByTestId('sync-code').filter({ visible: true });
  }

  /** Makes a code. */
  async makeCode(): Promise<string> {
    await this.button('Make a sync code').click();
    await expect(this.code).toHaveText(/./);
    return this.code.innerText();
  }

  /** Types a code of another device. */
  async join(code: string) {
    await this.page.getByLabel('Code from another device').fill(code);
    await this.button('Use this code').click();
  }

  /** The file that is handed out. */
  async export(): Promise<string> {
    const download = this.page.waitForEvent('download');
    await this.button('Export progress').click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('aside-progress.json');
    return readFile(await file.path(), 'utf8');
  }

  /** Chooses a file to be imported. */
  async import(text: string) {
    await this.page.getByLabel('Import progress').setInputFiles({ name: 'progress.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  }
}

/** Waits until a page of the Academy has come to life. */
export async function isAlive(page: Page) {
  await expect(page.locator('body[data-hydrated="true"]')).toBeAttached({ timeout: 30_000 });
}

/** Puts progress into a browser by hand, as an earlier visit has left it. */
export async function keep(page: Page, kept: string) {
  await page.goto('/healthz'); // of the same origin, and without any of our code
  await page.evaluate(([drawer, kept]) => localStorage.setItem(drawer!, kept!), [DRAWER, kept]);
}

/** What the browser keeps now, as text. */
export function kept(page: Page): Promise<string | null> {
  return page.evaluate((drawer) => localStorage.getItem(drawer), DRAWER);
}

/** What the browser keeps now: `lesson what id`, sorted, without what was only opened. */
export async function done(page: Page): Promise<string[]> {
  const { marks } = JSON.parse((await kept(page)) ?? progress()) as { marks: Mark[] };
  return marks.filter(({ what }) => what !== 'opened').map(({ lesson, what, id }) => `${lesson} ${what} ${id}`.trim()).sort();
}

/** The code that the browser keeps. */
export function keptCode(page: Page): Promise<string | null> {
  return page.evaluate((drawer) => localStorage.getItem(drawer), CODE_DRAWER);
}

/** Waits until what happens on a page has been told under its code. */
export async function synced(page: Page, act: () => Promise<unknown>) {
  const told = page.waitForResponse((response) => response.url().endsWith('/api/sync') && response.ok());
  await act();
  await told;
}

/** A page without JavaScript. */
export async function plain(context: BrowserContext, baseURL: string): Promise<Page> {
  const still = await context.browser()!.newContext({ javaScriptEnabled: false, baseURL });
  return still.newPage();
}
