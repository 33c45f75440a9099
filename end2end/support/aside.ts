import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { server, site } from './programs.ts';

/** How long a server with stores of its own may take to come up, and to go. */
const START_MS = 60_000;
const STOP_MS = 20_000;

/** One Aside with its own stores and its own data folder, on a free port. */
export class Aside {
  /** Its address, without a slash at the end. */
  url = '';

  private readonly output: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    /** Its data folder; gone after `stop`. */
    readonly dataDir: string,
  ) {}

  /** The server's process id. */
  get pid(): number {
    return this.child.pid!;
  }

  /** What it has written to its terminal so far. */
  get log(): string {
    return this.output.join('\n');
  }

  /** Starts one and waits until it answers. `args` come after the usual ones. */
  static async start(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Aside> {
    const dataDir = await mkdtemp(join(tmpdir(), 'aside-e2e-'));
    // Stores of its own, whatever this shell is attached to.
    const { REDIS_URL: _redis, DATABASE_URL: _database, ...inherited } = process.env;
    const child = spawn(
      server(),
      // A machine that runs browsers beside it may keep Redis waiting far longer than a person's does.
      ['--listen', '127.0.0.1:0', '--data-dir', dataDir, '--site', site(), '--least-redis-patience-ms', '5000', ...args],
      { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const aside = new Aside(child, dataDir);
    try {
      aside.url = await aside.address();
    } catch (error) {
      await aside.stop();
      throw error;
    }
    return aside;
  }

  /** Stops it as a service manager would, by force if it does not listen, and removes its data. */
  async stop(): Promise<void> {
    if (this.running) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const impatience = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
      await gone;
      clearTimeout(impatience);
    }
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** At the end of a worker that could not wait for `stop`. */
  kill(): void {
    if (this.running) {
      this.child.kill('SIGTERM');
    }
  }

  private get running(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Collects what it writes; it prints its address when it is ready. */
  private address(): Promise<string> {
    return new Promise((resolve, reject) => {
      const giveUp = (why: string) => {
        clearTimeout(timer);
        reject(new Error(`${why}; it said:\n${this.log}`));
      };
      const timer = setTimeout(() => giveUp(`Aside was not ready after ${START_MS / 1000} s`), START_MS);
      this.child.on('error', (error) => giveUp(`Aside cannot be started (${error.message})`));
      // `close` comes after the last line of output, `exit` may not.
      this.child.on('close', (code, signal) => giveUp(`Aside stopped (${signal ?? `code ${code}`})`));
      for (const stream of [this.child.stdout, this.child.stderr]) {
        createInterface({ input: stream! }).on('line', (line) => {
          this.output.push(line);
          const url = /^Aside is at (http:\/\/[^\s/]+)/.exec(line)?.[1];
          if (url) {
            clearTimeout(timer);
            resolve(url);
          }
        });
      }
    });
  }
}
