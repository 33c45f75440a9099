import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Where cargo puts what it builds. */
function target(): string {
  const repository = resolve(import.meta.dirname, '../..');
  return resolve(repository, process.env.CARGO_TARGET_DIR || 'target');
}

/** The server under test: `cargo xtask test` names it, and by hand it is the debug build. */
export function server(): string {
  return process.env.ASIDE_BIN || join(target(), 'debug/aside');
}

/** The browser's files, as `cargo xtask build` leaves them. */
export function site(): string {
  return process.env.ASIDE_SITE || join(target(), 'site');
}

/** The system's Chromium: Playwright brings none of its own here. */
export function chromium(): string {
  if (process.env.CHROMIUM) {
    return process.env.CHROMIUM;
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = folders.map((folder) => join(folder, name)).find(isProgram);
    if (found) {
      return found;
    }
  }
  throw new Error('Chromium is not on the PATH: run `cargo xtask setup --tests`, or set CHROMIUM to its path.');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
