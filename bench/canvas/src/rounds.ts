import type { Browser } from 'playwright-core';

import type { Contestant } from './contestant.ts';
import { drawing } from './drawing.ts';
import type { Options } from './options.ts';
import { type Flight, flight } from './packets.ts';
import { type Turn, turn } from './turn.ts';

/** The turns of one page with one drawing, one a round. */
export interface Turns {
  nodes: number;
  who: Contestant;
  turns: Turn[];
}

/** How far two pages may differ in scale, in pixels between two neighbours. */
const SAME_PX = 0.5;

/**
 * The turns: in each round every page is measured once with every drawing, one after the other, so that what the machine does
 * besides falls on all of them.
 */
export async function rounds(browser: Browser, contestants: Contestant[], options: Options, tell: (line: string) => void): Promise<Turns[]> {
  const all = options.nodes.flatMap((nodes) => contestants.map((who): Turns => ({ nodes, who, turns: [] })));
  for (let round = 1; round <= options.rounds; round++) {
    for (const { nodes, who, turns } of all) {
      tell(`round ${round} of ${options.rounds}: ${who.name}, ${nodes} nodes`);
      turns.push(await turn(browser, who, drawing(nodes), { moves: options.moves, idle_s: options.idle }));
    }
  }
  for (const { nodes, who, turns } of all) {
    const [ours] = all.filter((it) => it.nodes === nodes);
    const off = Math.abs(turns[0]!.drag.ruler_px - ours!.turns[0]!.drag.ruler_px);
    if (off > SAME_PX) throw new Error(`${who.name} shows ${nodes} nodes at another scale than ${ours!.who.name}`);
  }
  return all;
}

/** The run of many clients, once a round. */
export async function flights(browser: Browser, aside: Contestant, url: string, options: Options, tell: (line: string) => void): Promise<Flight[]> {
  const all: Flight[] = [];
  for (let round = 1; round <= options.rounds && options.clients > 0; round++) {
    tell(`round ${round} of ${options.rounds}: a run of ${options.clients} clients`);
    all.push(await flight(browser, aside, url, options.clients));
  }
  return all;
}
