import type { BrowserContext } from 'playwright-core';

import { client, postgres, redis, type Scenario, type ScenarioNode, scenario, server } from '../../../end2end/support/scenarios.ts';
import type { Contestant } from './contestant.ts';
import type { Drawing, Node } from './drawing.ts';

/** Alt, with which a node that is dragged does not snap to the grid: each move of the pointer moves it, as in React Flow. */
const ALT = 1;

/** Aside's own page, of a server at that address. */
export function aside(url: string): Contestant {
  return {
    name: 'Aside',
    isOurs: true,
    alive: 'body[data-hydrated="true"]',
    modifiers: ALT,
    node: (id) => `[data-node-id="${id}"]`,
    prepare: (visitor, drawing) => save(visitor, url, asScenario(drawing)),
  };
}

/** Saves a scenario in the visitor's sandbox, as the page would; tells the address at which he sees it. */
export async function save(visitor: BrowserContext, url: string, drawn: Scenario): Promise<string> {
  const ask = async (endpoint: string, what: object) => {
    // The visitor's cookie comes and goes with his requests, as it does with his pages'.
    const answer = await visitor.request.post(`${url}/api/${endpoint}`, { data: what, headers: { origin: url }, timeout: 120_000 });
    if (!answer.ok()) throw new Error(`${endpoint} answered ${answer.status()}: ${await answer.text()}`);
    return answer.json();
  };
  const { sandbox, saved } = await ask('open', { place: 'free' });
  const now = { ...drawn, format: saved.scenario.format };
  await ask('save', { sandbox, scenario: now, base: saved.version, by: 'bench', refill: true });
  return `${url}/sandbox`;
}

function asScenario({ nodes, links }: Drawing): Scenario {
  return scenario(nodes.map(asCard), links);
}

function asCard({ id, kind, x, y }: Node): ScenarioNode {
  switch (kind) {
    case 'client':
      return client(id, ['a'], x, y);
    case 'server':
      return server(id, {}, x, y);
    case 'redis':
      return redis(id, [], x, y);
    case 'postgres':
      return postgres(id, [], x, y);
  }
}
