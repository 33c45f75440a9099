/** A drawing of any size, the same for all: groups of four nodes in a grid, which the pages turn into what they draw. */

export type Kind = 'client' | 'server' | 'redis' | 'postgres';

export interface Node {
  id: string;
  kind: Kind;
  x: number;
  y: number;
}

export interface Link {
  from: string;
  to: string;
}

export interface Drawing {
  nodes: Node[];
  links: Link[];
  /** The node that is dragged: a server near the middle, with four links. */
  middle: string;
  /** Two nodes on the same row, whose distance on the screen tells the scale. */
  ruler: [string, string];
}

/** The smallest rectangle around all nodes' upper left corners and Aside's cards. */
export interface Bounds {
  left: number;
  top: number;
  width: number;
  height: number;
}

const KINDS: readonly Kind[] = ['client', 'server', 'redis', 'postgres'];
/** From a node to the next, in canvas pixels: on Aside's grid, and far enough that no cards touch. */
const STEP = { x: 288, y: 168 };
/** Aside's cards, in canvas pixels. */
export const CARD = { width: 208, height: 104 };
/** How much wider than high a drawing is, about as Aside's canvas. */
const ASPECT = 1.5;

const id = (index: number) => `n${index}`;

/**
 * In each row client, server, Redis, Postgres, again and again. A client is linked to its server, and to the one a row below; a
 * server to both of its stores. So there are about as many links as nodes.
 */
export function drawing(size: number): Drawing {
  const columns = Math.max(4, 4 * Math.round(Math.sqrt((size * ASPECT * STEP.y) / STEP.x) / 4));
  const nodes = Array.from({ length: size }, (_, index): Node => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    return { id: id(index), kind: KINDS[index % 4]!, x: STEP.x * column, y: STEP.y * row };
  });
  const links: Link[] = [];
  const link = (from: number, to: number) => {
    if (to < size) links.push({ from: id(from), to: id(to) });
  };
  for (let client = 0; client < size; client += 4) {
    const server = client + 1;
    link(client, server);
    link(client, server + columns);
    link(server, server + 1);
    link(server, server + 2);
  }
  const rows = Math.ceil(size / columns);
  const [row, group] = [Math.floor(rows / 2), Math.floor(columns / 8)];
  const middle = Math.min(row * columns + 4 * group + 1, size - 3);
  return { nodes, links, middle: id(middle), ruler: [id(middle), id(middle + 1)] };
}

/** The rectangle around a drawing. */
export function bounds({ nodes }: Drawing): Bounds {
  const [xs, ys] = [nodes.map(({ x }) => x), nodes.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { left, top, width: Math.max(...xs) + CARD.width - left, height: Math.max(...ys) + CARD.height - top };
}
