import type { CDPSession, Page } from 'playwright-core';

/** What the browser has counted of a page, up to a moment. */
interface Reading {
  at_s: number;
  task_s: number;
  script_s: number;
  style_s: number;
  layout_s: number;
  process_s: number;
}

/** What happened between two moments, in milliseconds. */
export interface Spent {
  wall_ms: number;
  /** The main thread's time in tasks, and of that in scripts (WebAssembly too), in styles, and in layout. */
  main_ms: number;
  script_ms: number;
  style_ms: number;
  layout_ms: number;
  /** The processor time of all threads of the page's process: painting, too. */
  process_ms: number;
}

/** Memory at rest. */
export interface Memory {
  heap_bytes: number;
  /** How many nodes the document has. */
  nodes: number;
}

/** Chromium's own counters of one page. */
export class Meter {
  private constructor(private readonly session: CDPSession) {}

  static async of(page: Page): Promise<Meter> {
    const session = await page.context().newCDPSession(page);
    // Thread ticks: the time that the main thread was at work, not the time that it waited for a processor.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new Meter(session);
  }

  /** Measures what the page spends on something. */
  async spent(act: () => Promise<void>): Promise<Spent> {
    const before = await this.read();
    await act();
    const now = await this.read();
    const ms = (of: keyof Reading) => (now[of] - before[of]) * 1_000;
    return {
      wall_ms: ms('at_s'),
      main_ms: ms('task_s'),
      script_ms: ms('script_s'),
      style_ms: ms('style_s'),
      layout_ms: ms('layout_s'),
      process_ms: ms('process_s'),
    };
  }

  /** What is left when all garbage has been collected. */
  async memory(): Promise<Memory> {
    await this.session.send('HeapProfiler.collectGarbage');
    const counts = await this.counts();
    return { heap_bytes: counts('JSHeapUsedSize'), nodes: counts('Nodes') };
  }

  private async read(): Promise<Reading> {
    const at_s = performance.now() / 1_000;
    const counts = await this.counts();
    return {
      at_s,
      task_s: counts('TaskDuration'),
      script_s: counts('ScriptDuration'),
      style_s: counts('RecalcStyleDuration'),
      layout_s: counts('LayoutDuration'),
      process_s: counts('ProcessTime'),
    };
  }

  private async counts(): Promise<(name: string) => number> {
    const { metrics } = await this.session.send('Performance.getMetrics');
    return (name) => {
      const found = metrics.find((metric) => metric.name === name);
      if (!found) throw new Error(`this Chromium does not count ${name}`);
      return found.value;
    };
  }
}
