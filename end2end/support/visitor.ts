import type { Scenario } from './scenarios.ts';

/** A fact as events tell it: its name, and what belongs to it. */
type Fact = Record<string, any>;

/** A visitor without a browser: he asks what the pages ask, at the same addresses. */
export class Visitor {
  private cookie = '';

  constructor(readonly url: string) {}

  /** Asks an endpoint that must answer. */
  async ask<T>(endpoint: string, what: object): Promise<T> {
    const response = await fetch(`${this.url}/api/${endpoint}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.url, cookie: this.cookie },
      body: JSON.stringify(what),
    });
    this.cookie ||= response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const text = await response.text();
    if (!response.ok) throw new Error(`${endpoint} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }

  /** Opens his sandbox with a drawing; its id. */
  async open(scenario: Scenario): Promise<string> {
    const { sandbox, saved } = await this.ask<{ sandbox: string; saved: { scenario: Scenario; version: number } }>('open', { place: 'free' });
    const now = { ...scenario, format: saved.scenario.format };
    await this.ask('save', { sandbox, scenario: now, base: saved.version, by: 'a test', refill: true });
    return sandbox;
  }

  /** How often each command of runs was sent: as the receipts say, and as the stores count it themselves. */
  async counts(): Promise<{ receipts: Record<string, number>; stores: Record<string, number> }> {
    const rows = await this.ask<string>('counts', {});
    const all = [...rows.matchAll(/data-command="(\w+)".*?class="number">(\d+)<.*?class="number">(\d+)</g)];
    const column = (place: number) => Object.fromEntries(all.map((row) => [row[1]!, Number(row[place])]));
    return { receipts: column(2), stores: column(3) };
  }

  /** Reads what a sandbox tells from now on. */
  async listen(sandbox: string): Promise<Told> {
    const response = await fetch(`${this.url}/api/sandboxes/${sandbox}/events`, { headers: { cookie: this.cookie } });
    if (!response.ok || !response.body) throw new Error(`there are no events: ${response.status}`);
    return new Told(response.body);
  }
}

/** What a sandbox has told about requests from outside, added up. */
export class Told {
  /** Requests that were answered. */
  requests = 0;
  /** Of these, those that were told one by one. */
  oneByOne = 0;
  /** Lookups in the cache called `redis`. */
  hits = 0;
  misses = 0;
  /** Runs that have begun and not ended. */
  readonly open = new Set<number>();
  /** Why no more comes. */
  ended = '';

  private readonly hopsToRedis = new Set<string>();

  constructor(body: ReadableStream<Uint8Array>) {
    this.read(body).then(
      () => (this.ended = 'the stream ended'),
      (error) => (this.ended = String(error)),
    );
  }

  private async read(body: ReadableStream<Uint8Array>) {
    const decoder = new TextDecoder();
    let unread = '';
    let resets = 0;
    for await (const bytes of body) {
      const blocks = (unread + decoder.decode(bytes, { stream: true })).split('\n\n');
      unread = blocks.pop()!;
      for (const block of blocks) {
        const [name, data] = ['event', 'data'].map((field) => new RegExp(`^${field}: ?(.*)$`, 'm').exec(block)?.[1]);
        // The first is the state from which on events tell; after another one something would be missing.
        if (name === 'reset' && ++resets > 1) throw new Error('events were left out');
        if (name === 'event') this.add(JSON.parse(data!).fact);
      }
    }
  }

  private add(fact: Fact) {
    if (fact.run_started?.source === 'outside') this.open.add(fact.run_started.run);
    if (fact.run_ended) this.open.delete(fact.run_ended.run);
    if (fact.request_ended) {
      this.requests += 1;
      this.oneByOne += 1;
    }
    if (fact.hop_started?.to === 'redis') this.hopsToRedis.add(`${fact.hop_started.run} ${fact.hop_started.hop}`);
    if (fact.hop_ended && this.hopsToRedis.has(`${fact.hop_ended.run} ${fact.hop_ended.hop}`)) {
      const { outcome } = fact.hop_ended.receipt;
      if (outcome === 'hit') this.hits += 1;
      if (outcome === 'miss') this.misses += 1;
    }
    if (fact.served) {
      this.requests += fact.served.requests;
      const tally = fact.served.tallies.find(([node]: [string]) => node === 'redis')?.[1];
      this.hits += tally?.hits ?? 0;
      this.misses += tally?.misses ?? 0;
    }
  }
}
