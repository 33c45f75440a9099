/** Scenarios as files have them, and short ways to write them down. */

export type Condition = 'up' | 'cut' | 'black-hole';

export interface Scenario {
  format: number;
  title: string;
  graph: { nodes: ScenarioNode[]; links: ScenarioLink[] };
}

export interface ScenarioNode {
  id: string;
  name: string;
  at: { x: number; y: number };
  settings: Record<string, Record<string, unknown>>;
}

export interface ScenarioLink {
  from: string;
  to: string;
  delay_ms?: number;
  condition?: Condition;
  hold?: Hold;
}

/** Which packets a link holds. */
export interface Hold {
  leg: 'message' | 'reply';
  command?: 'GET' | 'PUT' | 'DELETE' | 'SET' | 'DEL' | 'SELECT' | 'UPDATE';
  key?: string;
}

export interface ScenarioRequest {
  method: 'GET' | 'PUT' | 'DELETE';
  key: string;
  value?: string;
}

/** A server's settings, as a scenario file has them. */
export interface ServerSettings {
  ttl_s?: number;
  policy?: 'invalidate' | 'update' | 'forget' | 'invalidate-first';
  /** None, if it is null. */
  redis_timeout_ms?: number | null;
  negative_ttl_s?: number;
  jitter_percent?: number;
  single_flight?: boolean;
  breaker?: { failures: number; open_s: number };
  lease?: boolean;
  early_refresh?: boolean;
}

/** A client that reads these keys, or sends these requests. */
export function client(id: string, requests: (string | ScenarioRequest)[], x = 48, y = 192): ScenarioNode {
  const all = requests.map((request) => (typeof request === 'string' ? { method: 'GET', key: request } : request));
  return { id, name: id, at: { x, y }, settings: { client: { requests: all } } };
}

/** A request that writes. */
export function put(key: string, value: string): ScenarioRequest {
  return { method: 'PUT', key, value };
}

/** A request that deletes. */
export function del(key: string): ScenarioRequest {
  return { method: 'DELETE', key };
}

export function server(id = 'server', settings: ServerSettings = {}, x = 384, y = 192): ScenarioNode {
  return { id, name: id, at: { x, y }, settings: { server: { ttl_s: 3600, ...settings } } };
}

export function redis(id = 'redis', keys: string[] = [], x = 720, y = 72): ScenarioNode {
  return { id, name: id, at: { x, y }, settings: { redis: { keys: keys.map((key) => ({ key, value: `of ${key}` })) } } };
}

export function postgres(id = 'postgres', keys: string[] = [], x = 720, y = 312): ScenarioNode {
  return { id, name: id, at: { x, y }, settings: { postgres: { rows: keys.map((key) => ({ key, value: `of ${key}` })) } } };
}

/** A link written `from-to`, which is slower than it is, or does not work. */
export function link(name: string, how: Omit<ScenarioLink, 'from' | 'to'> = {}): ScenarioLink {
  const [from = '', to = ''] = name.split('-');
  return { from, to, ...how };
}

/** A scenario of these nodes and links; those that work may be written `from-to`. Ids without hyphens, please. */
export function scenario(nodes: ScenarioNode[], links: (string | ScenarioLink)[]): Scenario {
  const all = links.map((one) => (typeof one === 'string' ? link(one) : one));
  return { format: 2, title: 'Of a test', graph: { nodes, links: all } };
}

/** What is usual about a drawing, and what is not. */
export interface Usual {
  /** What the client sends. */
  requests: (string | ScenarioRequest)[];
  /** What the cache starts with. */
  keys?: string[];
  /** What the database starts with; the keys, if nothing else is said. */
  rows?: string[];
  server?: ServerSettings;
  /** How links are, by their names. */
  links?: Record<string, Omit<ScenarioLink, 'from' | 'to'>>;
}

/** One client, one server, one cache and one database, called by their kinds. */
export function usual({ requests, keys = [], rows = keys, server: settings, links = {} }: Usual): Scenario {
  const nodes = [client('client', requests), server('server', settings), redis('redis', keys), postgres('postgres', rows)];
  return scenario(nodes, ['client-server', 'server-redis', 'server-postgres'].map((name) => link(name, links[name])));
}

/** A run that takes minutes on any machine: each of its requests waits for two seconds on its way. */
export function longRun(): Scenario {
  const requests = Array.from({ length: 100 }, () => 'nowhere');
  return usual({ requests, links: { 'client-server': { delay_ms: 2_000 } } });
}
