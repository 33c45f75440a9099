import type { Page } from 'playwright-core';

/** A size on the screen, in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A point of the window, in pixels. */
export interface Spot {
  x: number;
  y: number;
}

/** Where an element is. */
export async function box(page: Page, selector: string): Promise<Spot & Size> {
  const found = await page.locator(selector).boundingBox();
  if (!found) throw new Error(`${selector} is not on the screen`);
  return found;
}
