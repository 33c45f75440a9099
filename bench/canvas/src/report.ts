import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

import type { Browser } from 'playwright-core';

import { median } from './figures.ts';
import type { Options } from './options.ts';
import type { Flight } from './packets.ts';
import type { Turns } from './rounds.ts';
import type { Size } from './size.ts';
import { table } from './table.ts';
import type { Turn } from './turn.ts';

/** A column: what of a turn it shows, and how. */
interface Column {
  head: string;
  of(turn: Turn): number;
  shown(figure: number): string;
  /** Whether a ratio says anything: not where a good page has nothing. */
  compares: boolean;
}

const ms = (figure: number) => `${figure.toFixed(figure < 10 ? 2 : figure < 100 ? 1 : 0)} ms`;
const mb = (figure: number) => `${(figure / 1e6).toFixed(1)} MB`;
const percent = (figure: number) => `${figure.toFixed(1)} %`;
const whole = (figure: number) => figure.toFixed(0);

function column(head: string, shown: Column['shown'], of: Column['of'], compares = true): Column {
  return { head, shown, of, compares };
}

const DRAGGED: Column[] = [
  column('a move took', ms, ({ drag }) => drag.spent.wall_ms / drag.moves),
  column('main thread', ms, ({ drag }) => drag.spent.main_ms / drag.moves),
  column('scripts', ms, ({ drag }) => drag.spent.script_ms / drag.moves),
  column('styles, layout', ms, ({ drag }) => (drag.spent.style_ms + drag.spent.layout_ms) / drag.moves),
  column('all threads', ms, ({ drag }) => drag.spent.process_ms / drag.moves),
  column('frame', ms, ({ drag }) => drag.frames.median_ms),
  column('frame, p95', ms, ({ drag }) => drag.frames.p95_ms),
  column('late frames', percent, ({ drag }) => drag.frames.late_percent, false),
];

const AT_REST: Column[] = [
  column('first paint', ms, ({ start }) => start.first_paint_ms),
  column('seen', ms, ({ start }) => start.seen_ms),
  column('usable', ms, ({ start }) => start.usable_ms),
  column('JS heap', mb, ({ memory }) => memory.heap_bytes),
  column('WASM', mb, ({ memory }) => memory.wasm_bytes, false),
  column('JS and WASM', mb, ({ memory }) => memory.heap_bytes + memory.wasm_bytes),
  column('document', whole, ({ memory }) => memory.nodes),
  column('pictures asked', whole, ({ idle }) => idle.asked, false),
  column('main thread', percent, ({ idle }) => idle.main_percent, false),
  column('all threads', percent, ({ idle }) => idle.process_percent, false),
];

/** So many frames to a move mean that the moves came late. */
const BUSY = 1.2;

/** The machine, the browser, and how it is measured. */
export function setting(browser: Browser, canvas: Size, options: Options): string {
  const processors = cpus();
  const version = (name: string) => JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
  return [
    `machine   ${processors.length} cores (${processors[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${type()} ${release()}`,
    `browser   Chromium ${browser.version()}, headless, without a graphics card; a canvas of ${canvas.width} × ${canvas.height}`,
    `peer      React Flow ${version('@xyflow/react')}, React ${version('react')}, esbuild ${version('esbuild')}`,
    `measured  ${options.rounds === 1 ? '1 round' : `${options.rounds} rounds`}, drags of ${options.moves} moves; medians, and medians of each round's ratios`,
  ].join('\n');
}

/** Everything about the pages. */
export function pages(all: Turns[], options: Options): string {
  const parts = [
    `By move of the pointer, while a node is dragged:\n\n${compared(all, DRAGGED)}`,
    `From the navigation on, and ${options.idle} s in which nobody touches the page:\n\n${compared(all, AT_REST)}`,
  ];
  // A page that is slow may need several for a move; but the quickest one needs one, if the moves come in time.
  const drawn = Math.min(...all.map(({ turns }) => median(turns.map(({ drag }) => drag.pictures / drag.moves))));
  if (drawn > BUSY) parts.push(`The machine was too busy: not even one page had a move in each frame, but one in ${drawn.toFixed(1)} frames.`);
  return parts.join('\n\n');
}

/** The run of many clients. */
export function packets(all: Flight[], options: Options): string {
  const of = (figure: (flight: Flight) => number) => median(all.map(figure));
  const head = ['clients', 'packets', 'at most', 'main thread', 'scripts', 'all threads', 'frame', 'frame, p95', 'late frames'];
  const row = [
    whole(options.clients),
    whole(of(({ packets }) => packets.median)),
    whole(of(({ packets }) => packets.most)),
    ms(of(({ spent, pictures }) => spent.main_ms / pictures)),
    ms(of(({ spent, pictures }) => spent.script_ms / pictures)),
    ms(of(({ spent, pictures }) => spent.process_ms / pictures)),
    ms(of(({ frames }) => frames.median_ms)),
    ms(of(({ frames }) => frames.p95_ms)),
    percent(of(({ frames }) => frames.late_percent)),
  ];
  return `By picture, while the film of one run plays in Aside:\n\n${table(head, [row])}`;
}

/** A line for each page, and one for each peer with the medians of ratios. */
function compared(all: Turns[], columns: Column[]): string {
  const sizes = [...new Set(all.map(({ nodes }) => nodes))];
  const rows = sizes.flatMap((nodes) => {
    const pages = all.filter((it) => it.nodes === nodes);
    const [ours, peers] = [pages.find((it) => it.who.isOurs)!, pages.filter((it) => !it.who.isOurs)];
    const name = (text: string) => `${nodes.toLocaleString('en')} nodes: ${text}`;
    return [
      ...pages.map(({ who, turns }) => [name(who.name), ...columns.map(({ of, shown }) => shown(median(turns.map(of))))]),
      ...peers.map(({ who, turns }) => [name(`${ours.who.name} / ${who.name}`), ...columns.map((column) => ratio(ours.turns, turns, column))]),
    ];
  });
  return table(['', ...columns.map(({ head }) => head)], rows);
}

function ratio(ours: Turn[], theirs: Turn[], { of, compares }: Column): string {
  if (!compares) return '';
  return median(ours.map((turn, round) => of(turn) / of(theirs[round]!))).toFixed(2);
}
