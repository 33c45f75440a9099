import { parseArgs } from 'node:util';

/** How much is measured. */
export interface Options {
  /** In a round each page has its turn with each drawing. */
  rounds: number;
  /** How many nodes the drawings have. */
  nodes: number[];
  /** Moves of the pointer in a drag. */
  moves: number;
  /** How long a page is watched that nobody touches, in seconds. */
  idle: number;
  /** Clients in the run whose packets are watched; none for no such run. */
  clients: number;
}

export const USAGE = 'cargo xtask bench canvas -- --rounds 5 --nodes 100,500,1000,2000 --moves 120 --idle 5 --clients 1000';

/** As typed; what is left out is as above. */
export function options(args: string[]): Options {
  const { values } = parseArgs({
    args: args[0] === '--' ? args.slice(1) : args,
    options: {
      rounds: { type: 'string', default: '5' },
      nodes: { type: 'string', default: '100,500,1000,2000' },
      moves: { type: 'string', default: '120' },
      idle: { type: 'string', default: '5' },
      clients: { type: 'string', default: '1000' },
    },
  });
  const { rounds, nodes, moves, idle, clients } = values;
  return {
    rounds: whole(rounds, 1, 'rounds'),
    // With fewer there is no middle.
    nodes: nodes.split(',').map((size) => whole(size, 16, 'nodes')),
    moves: whole(moves, 2, 'moves'),
    idle: whole(idle, 1, 'idle'),
    clients: whole(clients, 0, 'clients'),
  };
}

function whole(text: string, least: number, name: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least) throw new Error(`--${name} is a whole number from ${least} on; usually: ${USAGE}`);
  return number;
}
