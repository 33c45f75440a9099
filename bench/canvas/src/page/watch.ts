/** What is noted in the pages themselves, by a script that runs before any of theirs. */

declare global {
  interface Window {
    watch: Watch;
  }
}

/** How a page tells that it can be used. */
export interface Signs {
  /** A node's element, which has to be seen. */
  node: string;
  /** What is there once the page answers to the mouse. */
  alive: string;
}

export interface Watch {
  /** How many pictures the page itself has asked for. */
  asked: number;
  /** How many moves of the pointer it was told. */
  moves: number;
  /** When the node was there to be seen, and when it could be dragged, in milliseconds since the navigation. */
  seen_ms?: number;
  usable_ms?: number;
  /** Begins to note when pictures are drawn; now and then, also how many a selector finds. */
  film(counted?: string): void;
  /** Ends that, and gives what was noted. */
  cut(): Noted;
  /** The size of all WebAssembly memories. */
  wasmBytes(): number;
}

/** What was noted about pictures. */
export interface Noted {
  /** When they were drawn, in milliseconds. */
  moments: number[];
  /** How many were counted, each time. */
  counts: number[];
}

/** Playwright hands this function over as text: it must stand alone. */
export function install({ node, alive }: Signs) {
  const request = window.requestAnimationFrame.bind(window);
  const memories: WebAssembly.Memory[] = [];
  // Counting costs, too.
  const COUNTED_EACH = 12;
  let noted: Noted = { moments: [], counts: [] };
  let isFilming = false;
  let counted: string | undefined;
  // An element may stand for several, and says so.
  const count = (selector: string) =>
    [...document.querySelectorAll<HTMLElement>(selector)].reduce((sum, { dataset }) => sum + Number(dataset.count ?? 1), 0);
  const picture = (now: number) => {
    if (!isFilming) return;
    if (counted && noted.moments.length % COUNTED_EACH === 0) noted.counts.push(count(counted));
    noted.moments.push(now);
    request(picture);
  };
  const watch: Watch = {
    asked: 0,
    moves: 0,
    film(selector) {
      [isFilming, counted, noted] = [true, selector, { moments: [], counts: [] }];
      request(picture);
    },
    cut() {
      isFilming = false;
      return noted;
    },
    wasmBytes: () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
  };
  window.watch = watch;

  window.requestAnimationFrame = (callback) => {
    watch.asked += 1;
    return request(callback);
  };
  window.addEventListener('pointermove', () => (watch.moves += 1), { capture: true, passive: true });

  const { instantiate, instantiateStreaming } = WebAssembly;
  const keep = (made: WebAssembly.WebAssemblyInstantiatedSource | WebAssembly.Instance) => {
    const { exports } = 'instance' in made ? made.instance : made;
    memories.push(...Object.values(exports).filter((it) => it instanceof WebAssembly.Memory));
  };
  const kept =
    (load: (...args: any[]) => Promise<any>) =>
    async (...args: any[]) => {
      const made = await load.apply(WebAssembly, args);
      keep(made);
      return made;
    };
  WebAssembly.instantiate = kept(instantiate) as typeof instantiate;
  WebAssembly.instantiateStreaming = kept(instantiateStreaming) as typeof instantiateStreaming;

  const look = () => {
    const element = document.querySelector(node);
    const isSeen = element !== null && element.checkVisibility({ visibilityProperty: true });
    if (isSeen) watch.seen_ms ??= performance.now();
    if (isSeen && document.querySelector(alive)) watch.usable_ms ??= performance.now();
    if (watch.usable_ms === undefined) request(look);
  };
  request(look);
}
