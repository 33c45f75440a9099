/**
 * Measures Aside's canvas beside React Flow's, in Chromium: the same drawings, in the same run, in turns.
 *
 * - `drawing`: what is drawn; `aside`, `react-flow` with `peer/`: the pages that draw it.
 * - `rounds`: the turns; `turn`: what is done in one; `packets`: the run of many clients.
 * - `hand`: the pointer; `meter`: Chromium's counters; `page/watch`: what is noted in the pages themselves.
 * - `report`, `table`, `figures`: what is printed.
 */
import { type Browser, chromium as playwright } from 'playwright-core';

import { Aside } from '../../../end2end/support/aside.ts';
import { chromium } from '../../../end2end/support/programs.ts';
import { aside } from './aside.ts';
import type { Contestant } from './contestant.ts';
import { drawing } from './drawing.ts';
import { type Options, options } from './options.ts';
import { ReactFlow } from './react-flow.ts';
import { packets, pages, setting } from './report.ts';
import { flights, rounds } from './rounds.ts';
import { box, type Size } from './size.ts';
import { opened, visit } from './turn.ts';

/** As the browser tests start it. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What was started, the latest first. */
const started: (() => Promise<void> | void)[] = [];

async function stop() {
  for (const stop of started.splice(0)) await stop();
}

async function measure(asked: Options) {
  const server = await Aside.start();
  started.unshift(() => server.stop());
  const peer = await ReactFlow.serve();
  started.unshift(() => peer.stop());
  const browser = await playwright.launch({
    executablePath: chromium(),
    args: ARGS,
    // Whoever interrupts this interrupts it as a whole.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  started.unshift(() => browser.close());

  const ours = aside(server.url);
  const canvas = await canvasOf(browser, ours);
  const contestants = [ours, peer.contestant('React Flow', canvas, false), peer.contestant('React Flow, only visible', canvas, true)];
  console.log(setting(browser, canvas, asked));
  const tell = (line: string) => console.error(line);
  const turns = await rounds(browser, contestants, asked, tell);
  console.log(`\n${pages(turns, asked)}`);
  const flown = await flights(browser, ours, server.url, asked, tell);
  if (flown.length > 0) console.log(`\n${packets(flown, asked)}`);
}

/** How much room Aside has for a drawing beside everything else on its page. */
function canvasOf(browser: Browser, ours: Contestant): Promise<Size> {
  const small = drawing(16);
  return visit(browser, async (visitor) => {
    const { page } = await opened(visitor, ours, await ours.prepare(visitor, small), small.middle);
    return box(page, '.surface');
  });
}

let isEnded = false;
const ended = (signal: NodeJS.Signals) => {
  isEnded = true;
  console.error(`ended by ${signal} before it was done`);
  stop().finally(() => process.exit(1));
};
process.once('SIGINT', ended).once('SIGTERM', ended);

try {
  await measure(options(process.argv.slice(2)));
} catch (error) {
  // What was stopped fails, too.
  if (!isEnded) console.error(error instanceof Error ? `error: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await stop();
}
