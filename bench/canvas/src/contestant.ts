import type { BrowserContext } from 'playwright-core';

import type { Drawing } from './drawing.ts';

/** A page that draws nodes and links. */
export interface Contestant {
  /** What it is called in tables. */
  name: string;
  /** Whether others are compared with it. */
  isOurs: boolean;
  /** What is there once the page answers to the mouse, as a selector. */
  alive: string;
  /** The keys that are held while a node is dragged, as the browser's protocol counts them. */
  modifiers: number;
  /** The element of a node, as a selector. */
  node(id: string): string;
  /** Puts a drawing where the page finds it, for a visitor who has never been there; tells the page's address. */
  prepare(visitor: BrowserContext, drawing: Drawing): Promise<string>;
}
