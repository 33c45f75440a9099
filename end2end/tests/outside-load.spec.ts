import { expect, test } from '@playwright/test';
import autocannon from 'autocannon';

import { Aside } from '../support/aside.ts';
import { usual } from '../support/scenarios.ts';
import { type Told, Visitor } from '../support/visitor.ts';

// An Aside of its own has to start.
test.describe.configure({ timeout: 120_000 });

// autocannon is the outside load generator: it knows nothing of Aside, and counts for itself.

/** An Aside of its own, whose stores nobody else asks, and a sandbox with two keys in the cache and four rows. */
async function begin(settings: string[]) {
  const aside = await Aside.start(settings);
  const visitor = new Visitor(aside.url);
  const sandbox = await visitor.open(usual({ requests: ['a'], keys: ['a', 'b'], rows: ['a', 'b', 'c', 'd'] }));
  const address = await visitor.ask<string>('live-address', { sandbox, is_fresh: false });
  const told = await visitor.listen(sandbox);
  return { aside, visitor, told, path: (key: string) => `/live/${address}/server/users/${key}` };
}

/** Waits until everything that was served has been told. */
async function allIsTold(told: Told, requests: number) {
  await expect.poll(() => told.ended || told.requests, { timeout: 30_000 }).toBe(requests);
  await expect.poll(() => told.ended || told.open.size, { timeout: 30_000 }).toBe(0);
  expect(told.requests, 'and nothing twice').toBe(requests);
}

test('a load generator, the events and the stores count the same', async () => {
  const { aside, visitor, told, path } = await begin([]);
  try {
    const before = await visitor.counts();
    expect(before.stores).toEqual(before.receipts);

    let writes = 0;
    const result = await autocannon({
      url: aside.url,
      connections: 8,
      amount: 2_000,
      overallRate: 500,
      requests: [
        ...['a', 'b', 'c', 'd'].map((key) => ({ method: 'GET' as const, path: path(key) })),
        {
          method: 'PUT',
          path: path('d'),
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ value: { name: 'Doe', city: 'Toronto' } }),
          onResponse: (status) => {
            if (status === 200) writes += 1;
          },
        },
      ],
    });
    expect([result['2xx'], result.non2xx, result.errors]).toEqual([2_000, 0, 0]);
    expect(writes).toBe(400);
    const reads = 2_000 - writes;

    await allIsTold(told, 2_000);
    expect(told.oneByOne, 'some are told one by one').toBeGreaterThan(0);
    expect(told.oneByOne, 'and others in sums').toBeLessThan(2_000);
    expect(told.hits + told.misses).toBe(reads);
    expect(told.misses, 'c once, and d after its writes').toBeGreaterThan(1);

    const { misses } = told;
    const sent: Record<string, number> = { GET: reads, SET: misses, DEL: writes, SELECT: misses, INSERT: writes, DELETE: 0 };
    const expected = Object.fromEntries(Object.entries(before.stores).map(([command, count]) => [command, count + sent[command]!]));
    await expect.poll(() => visitor.counts()).toEqual({ receipts: expected, stores: expected });
  } finally {
    await aside.stop();
  }
});

test('beyond its share a sandbox is answered 429, and that reaches no store and no canvas', async () => {
  const { aside, visitor, told, path } = await begin(['--live-rate', '50']);
  try {
    const before = await visitor.counts();
    const statuses: Record<number, number> = {};
    const waits = new Set<string>();
    const result = await autocannon({
      url: aside.url,
      connections: 16,
      amount: 2_000,
      requests: [
        {
          method: 'GET',
          path: path('a'),
          onResponse: (status, _body, _context, headers) => {
            statuses[status] = (statuses[status] ?? 0) + 1;
            if (status === 429) waits.add(String((headers as Record<string, string>)['retry-after'] ?? 'nothing'));
          },
        },
      ],
    });
    expect(Object.keys(statuses)).toEqual(['200', '429']);
    expect([result['2xx'], result['4xx'], result.errors]).toEqual([statuses[200], statuses[429], 0]);
    expect(statuses[200]! + statuses[429]!).toBe(2_000);
    for (const wait of waits) expect(Number(wait), `Retry-After: ${wait}`).toBeGreaterThanOrEqual(1);

    await allIsTold(told, statuses[200]!);
    const expected = { ...before.stores, GET: before.stores.GET! + statuses[200]! };
    await expect.poll(() => visitor.counts()).toEqual({ receipts: expected, stores: expected });
  } finally {
    await aside.stop();
  }
});
