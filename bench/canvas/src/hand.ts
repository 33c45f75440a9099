import type { CDPSession, Page } from 'playwright-core';

import { box, type Spot } from './size.ts';

/** The radius of the circle on which the pointer moves, in pixels of the window. */
const RADIUS = 90;
/** How far it comes with a move, in radians: 6.3 pixels. */
const STEP = 0.07;
/** How far the node may be from where it should have come to, in pixels: a drag begins only after the first few. */
const SLACK = 10;

/**
 * A hand that drags a node. Each of its moves is sent when the page has dealt with the one before, so none is merged with
 * another; Chromium hands them out with its pictures, so there is one with each picture.
 */
export class Hand {
  private moves = 0;

  private constructor(
    private readonly session: CDPSession,
    private readonly page: Page,
    private readonly node: string,
    private readonly modifiers: number,
    private readonly start: Spot,
    private readonly stood: Spot,
  ) {}

  /** Presses a node, below its name and beside whatever else can be pressed. */
  static async take(page: Page, node: string, modifiers: number): Promise<Hand> {
    const card = await box(page, node);
    const start = { x: card.x + 0.3 * card.width, y: card.y + 0.8 * card.height };
    const session = await page.context().newCDPSession(page);
    const hand = new Hand(session, page, node, modifiers, start, card);
    await hand.send('mouseMoved', 0);
    await hand.send('mousePressed', 1);
    return hand;
  }

  /** Moves it on. */
  async move(moves: number): Promise<void> {
    for (let left = moves; left > 0; left--) {
      this.moves += 1;
      await this.send('mouseMoved', 1);
    }
  }

  /** Lets it go, and makes sure that the node has followed all the way. */
  async release(): Promise<void> {
    await this.send('mouseReleased', 0);
    // The picture after the last move.
    await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    const [card, should] = [await box(this.page, this.node), this.offset()];
    const off = Math.hypot(card.x - this.stood.x - should.x, card.y - this.stood.y - should.y);
    if (off > SLACK) throw new Error(`the node that was dragged is ${off.toFixed(1)} pixels from where it should be`);
  }

  /** How far the pointer is from where it pressed. */
  private offset(): Spot {
    const angle = STEP * this.moves;
    return { x: RADIUS * (Math.cos(angle) - 1), y: RADIUS * Math.sin(angle) };
  }

  private async send(type: 'mouseMoved' | 'mousePressed' | 'mouseReleased', buttons: number) {
    const { x, y } = this.offset();
    const button = type === 'mouseMoved' && buttons === 0 ? 'none' : 'left';
    const at = { x: this.start.x + x, y: this.start.y + y };
    await this.session.send('Input.dispatchMouseEvent', { type, ...at, button, buttons, modifiers: this.modifiers, clickCount: 1 });
  }
}
