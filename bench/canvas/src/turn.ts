import type { Browser, BrowserContext, Page } from 'playwright-core';

import type { Contestant } from './contestant.ts';
import type { Drawing } from './drawing.ts';
import { type Frames, frames } from './figures.ts';
import { Hand } from './hand.ts';
import { type Memory, Meter, type Spent } from './meter.ts';
import { install } from './page/watch.ts';
import { box } from './size.ts';

/** How large the window is. */
const WINDOW = { width: 1_400, height: 900 };
/** How long a page may take until it can be used. */
const PATIENCE_MS = 120_000;
/** It has settled when its main thread has done next to nothing for so long, and at the latest after so many looks. */
const SETTLED = { for_ms: 500, percent: 1, looks: 40 };
/** Moves before those that are measured: the node is selected, the drag begins. */
const LEAD = 10;

/** What is measured of a page in its turn. */
export interface Turn {
  start: Start;
  idle: Idle;
  memory: Memory & { wasm_bytes: number };
  drag: Drag;
}

/** From the navigation on, in milliseconds. */
export interface Start {
  first_paint_ms: number;
  /** The node in the middle is there to be seen. */
  seen_ms: number;
  /** It can be dragged. */
  usable_ms: number;
}

/** A page that nobody touches. */
export interface Idle {
  /** How many pictures it asked for. */
  asked: number;
  main_percent: number;
  process_percent: number;
}

/** All of a drag, by moves of the pointer. */
export interface Drag {
  moves: number;
  spent: Spent;
  frames: Frames;
  /** How many pictures were drawn meanwhile. */
  pictures: number;
  /** How far apart the ruler's nodes are on the screen, in pixels: the scale at which it was drawn. */
  ruler_px: number;
}

/** How much is measured in a turn. */
export interface Measure {
  moves: number;
  idle_s: number;
}

/** One page with one drawing, from its first paint to the end of a drag. */
export async function turn(browser: Browser, who: Contestant, drawing: Drawing, { moves, idle_s }: Measure): Promise<Turn> {
  return visit(browser, async (visitor) => {
    const { page, meter } = await opened(visitor, who, await who.prepare(visitor, drawing), drawing.middle);
    const start = await began(page);
    const idle = await rested(page, meter, idle_s);
    const memory = { ...(await meter.memory()), wasm_bytes: await page.evaluate(() => window.watch.wasmBytes()) };
    const drag = await dragged(page, meter, who, drawing, moves);
    return { start, idle, memory, drag };
  });
}

/** Has somebody visit who has never been there: nothing is cached. */
export async function visit<T>(browser: Browser, act: (visitor: BrowserContext) => Promise<T>): Promise<T> {
  const visitor = await browser.newContext({ viewport: WINDOW, reducedMotion: 'no-preference' });
  try {
    return await act(visitor);
  } finally {
    await visitor.close();
  }
}

/** Opens a page and waits until it can be used, and has come to rest. */
export async function opened(visitor: BrowserContext, who: Contestant, url: string, node: string): Promise<{ page: Page; meter: Meter }> {
  const page = await visitor.newPage();
  await page.addInitScript(install, { node: who.node(node), alive: who.alive });
  await page.goto(url, { timeout: PATIENCE_MS });
  await page.waitForFunction(() => window.watch.usable_ms !== undefined, undefined, { timeout: PATIENCE_MS });
  const meter = await Meter.of(page);
  await settled(page, meter);
  return { page, meter };
}

/** Waits until nothing of a page's beginning can fall into what is measured. */
async function settled(page: Page, meter: Meter) {
  for (let looks = 0; looks < SETTLED.looks; looks++) {
    const { wall_ms, main_ms } = await meter.spent(() => page.waitForTimeout(SETTLED.for_ms));
    if ((100 * main_ms) / wall_ms < SETTLED.percent) return;
  }
}

function began(page: Page): Promise<Start> {
  return page.evaluate(() => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const { seen_ms, usable_ms } = window.watch;
    return { first_paint_ms: paint!.startTime, seen_ms: seen_ms!, usable_ms: usable_ms! };
  });
}

async function rested(page: Page, meter: Meter, seconds: number): Promise<Idle> {
  const asked = () => page.evaluate(() => window.watch.asked);
  const before = await asked();
  const { wall_ms, main_ms, process_ms } = await meter.spent(() => page.waitForTimeout(seconds * 1_000));
  return {
    asked: (await asked()) - before,
    main_percent: (100 * main_ms) / wall_ms,
    process_percent: (100 * process_ms) / wall_ms,
  };
}

async function dragged(page: Page, meter: Meter, who: Contestant, { middle, ruler }: Drawing, moves: number): Promise<Drag> {
  const [left, right] = [await box(page, who.node(ruler[0])), await box(page, who.node(ruler[1]))];
  const hand = await Hand.take(page, who.node(middle), who.modifiers);
  await hand.move(LEAD);
  const told = () => page.evaluate(() => window.watch.moves);
  const before = await told();
  await page.evaluate(() => window.watch.film());
  const spent = await meter.spent(() => hand.move(moves));
  const { moments } = await page.evaluate(() => window.watch.cut());
  const taken = (await told()) - before;
  if (taken !== moves) throw new Error(`${who.name} was told of ${taken} of ${moves} moves`);
  await hand.release();
  return { moves, spent, frames: frames(moments), pictures: moments.length, ruler_px: right.x - left.x };
}
