import type { Browser, Page } from 'playwright-core';

import { client, type Scenario, scenario, server } from '../../../end2end/support/scenarios.ts';
import { save } from './aside.ts';
import type { Contestant } from './contestant.ts';
import { type Frames, frames, median } from './figures.ts';
import type { Meter, Spent } from './meter.ts';
import { opened, visit } from './turn.ts';

/** How many clients share a server. */
const CLIENTS_OF_A_SERVER = 100;
/** How long a run may take. */
const PATIENCE_MS = 300_000;
/** At the lowest speed the most are to be seen for the longest: ten seconds. */
const SPEED = '0.1';
/** How long it is watched of that, from its middle on. */
const WATCHED_MS = 4_000;

/** A film of many packets, while it plays. */
export interface Flight {
  spent: Spent;
  frames: Frames;
  /** How many pictures were drawn. */
  pictures: number;
  /** How many packets flew at once: half of the time at least so many, and at most. */
  packets: { median: number; most: number };
}

/** Plays a run of so many clients, all of its requests real, and watches the middle of its film. */
export async function flight(browser: Browser, aside: Contestant, url: string, clients: number): Promise<Flight> {
  return visit(browser, async (visitor) => {
    const { page, meter } = await opened(visitor, aside, await save(visitor, url, crowd(clients)), middle(clients));
    await page.getByLabel('Speed', { exact: true }).fill(SPEED);
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    await button('Play').click();
    // It has happened when all have been answered; then the film is as long as it will be.
    await page.waitForFunction(isOver, undefined, { timeout: PATIENCE_MS });
    return watched(page, meter);
  });
}

async function watched(page: Page, meter: Meter): Promise<Flight> {
  const slider = page.getByRole('slider', { name: 'Timeline', exact: true });
  // From its middle on as many fly as ever will: about half of them.
  await slider.fill(String(Math.floor(Number(await slider.getAttribute('max')) / 2)));
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await page.evaluate(() => window.watch.film('.packet:not([hidden]), .crowd path'));
  const spent = await meter.spent(() => page.waitForTimeout(WATCHED_MS));
  const { moments, counts } = await page.evaluate(() => window.watch.cut());
  const packets = { median: median(counts), most: Math.max(...counts) };
  return { spent, frames: frames(moments), pictures: moments.length, packets };
}

function isOver(): boolean {
  // Before it has begun there is nothing to stop either.
  const hasFrames = Number(document.querySelector<HTMLInputElement>('.timeline input')?.max) > 0;
  return hasFrames && document.querySelector('[aria-label="Stop"]')?.getAttribute('aria-disabled') === 'true';
}

const columnsOf = (clients: number) => Math.ceil(Math.sqrt(clients * 0.9));

/** A client that is seen: of a large drawing, only what is near the view is in the document. */
function middle(clients: number): string {
  const columns = columnsOf(clients);
  const rows = Math.ceil(clients / columns);
  return `c${Math.min(clients - 1, Math.floor(rows / 2) * columns + Math.floor(columns / 2))}`;
}

/** Clients with one request each, and servers without stores: a request is one hop, so as many as can be are on their way. */
function crowd(clients: number): Scenario {
  const columns = columnsOf(clients);
  const at = (index: number) => ({ x: 288 * (index % columns), y: 168 * Math.floor(index / columns) });
  const crowd = Array.from({ length: clients }, (_, index) => client(`c${index}`, ['a'], at(index).x, at(index).y));
  const servers = Array.from({ length: Math.ceil(clients / CLIENTS_OF_A_SERVER) }, (_, index) =>
    server(`s${index}`, {}, 288 * (columns + 4), 168 * 3 * index),
  );
  return scenario([...crowd, ...servers], crowd.map((_, index) => `c${index}-s${Math.floor(index / CLIENTS_OF_A_SERVER)}`));
}
