import { expect, test } from '../fixtures.ts';
import { client, del, postgres, put, redis, Sandbox, scenario, server, type ServerSettings, usual } from '../support/sandbox.ts';

test('requests of every method can be added, and an added one can be taken back', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const card = sandbox.node('client');
  await sandbox.select(card);
  await expect(sandbox.field('Method').getByRole('option')).toHaveText(['GET', 'PUT', 'DELETE']);
  await expect(sandbox.field('Method')).toHaveValue('GET');
  await expect(sandbox.field('Request value')).toHaveCount(0);

  await sandbox.field('Method').selectOption('PUT');
  await sandbox.field('Request key').fill('doe');
  await sandbox.field('Request value').fill('Doe, Oslo');
  await sandbox.button('Add request').click();
  await expect(sandbox.field('Verb of request 4')).toHaveValue('PUT');
  await expect(sandbox.field('Key of request 4')).toHaveValue('doe');
  await expect(sandbox.field('Value of request 4')).toHaveValue('Doe, Oslo');
  // The form is empty again, and ready for the next one.
  await expect(sandbox.field('Request key')).toHaveValue('');
  await expect(sandbox.field('Request value')).toHaveValue('');
  await expect(sandbox.field('Request key')).toBeFocused();

  await sandbox.field('Method').selectOption('DELETE');
  await expect(sandbox.field('Request value')).toHaveCount(0);
  await sandbox.field('Request key').fill('john');
  await page.keyboard.press('Enter');
  await expect(sandbox.field('Verb of request 5')).toHaveValue('DELETE');
  await expect(sandbox.field('Value of request 5')).toHaveCount(0);
  await expect(card).toContainText('5 requests');

  await sandbox.button('Undo').click();
  await expect(sandbox.field('Key of request 5')).toHaveCount(0);
  await expect(card).toContainText('4 requests');
  await sandbox.button('Undo').click();
  await expect(sandbox.field('Key of request 4')).toHaveCount(0);
  await expect(card).toContainText('3 requests');
  await sandbox.button('Redo').click();
  await expect(sandbox.field('Value of request 4')).toHaveValue('Doe, Oslo');
});

test('a request can be given another method, key and value in its row, and keeps them', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const card = sandbox.node('client');
  await sandbox.select(card);
  await expect(sandbox.field('Value of request 2')).toHaveCount(0);
  await sandbox.field('Verb of request 2').selectOption('PUT');
  await expect(sandbox.field('Value of request 2')).toHaveValue('');
  await sandbox.type('Value of request 2', 'John, Rome');
  await sandbox.type('Key of request 2', 'jon');
  await expect(card).toContainText('GET rohan, PUT jon, GET doe');
  await sandbox.field('Verb of request 3').selectOption('DELETE');
  await expect(card).toContainText('DELETE doe');
  await sandbox.saved();
  await page.reload();
  await sandbox.isAlive();
  await sandbox.select(card);
  await expect(sandbox.field('Verb of request 2')).toHaveValue('PUT');
  await expect(sandbox.field('Key of request 2')).toHaveValue('jon');
  await expect(sandbox.field('Value of request 2')).toHaveValue('John, Rome');
  await expect(sandbox.field('Verb of request 3')).toHaveValue('DELETE');
  // Whoever no longer writes has nothing to write.
  await sandbox.field('Verb of request 2').selectOption('GET');
  await expect(sandbox.field('Value of request 2')).toHaveCount(0);
  await expect(card).toContainText('GET jon');
});

test('what no request can have is refused in a sentence, and nothing is added', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.select(sandbox.node('client'));
  const alert = sandbox.inspector.getByRole('alert');
  await sandbox.button('Add request').click();
  await expect(alert).toHaveText('A key cannot be empty.');
  await expect(sandbox.field('Request key')).toHaveAttribute('aria-invalid', 'true');
  await expect(sandbox.field('Request key')).toBeFocused();
  await sandbox.field('Request key').fill('k'.repeat(129));
  await expect(alert).toHaveCount(0);
  await sandbox.button('Add request').click();
  await expect(alert).toContainText('A key can have at most 128 bytes, this one has 129.');

  await sandbox.field('Method').selectOption('PUT');
  await sandbox.field('Request key').fill('k');
  await sandbox.field('Request value').fill('v'.repeat(4_097));
  await sandbox.button('Add request').click();
  await expect(alert).toContainText('A value can have at most 4096 bytes, this one has 4097.');
  await expect(sandbox.field('Request value')).toHaveValue('v'.repeat(4_097));
  await sandbox.field('Request value').fill('v');
  await expect(alert).toHaveCount(0);

  await sandbox.type('Key of request 1', '');
  await expect(alert).toHaveText('A key cannot be empty.');
  await page.keyboard.press('Escape');
  await expect(sandbox.field('Key of request 1')).toHaveValue('rohan');
  await expect(sandbox.node('client')).toContainText('3 requests');
  await expect(sandbox.button('Undo')).toHaveAttribute('aria-disabled', 'true');
});

test('a request can be sent alone', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: ['a', put('b', 'new b'), del('c')], keys: ['a', 'b', 'c'] }));
  await sandbox.select(sandbox.node('client'));
  await sandbox.button('Send request 2').click();
  await expect(sandbox.receiptsOf(1)).toHaveCount(3);
  await sandbox.end();
  expect(await sandbox.allOutcomes(1)).toEqual(['stored', 'deleted', 'stored']);
  await expect(sandbox.call(1, 1)).toContainText('PUT b "new b"');
  await sandbox.button('Send request 3').click();
  await expect(sandbox.receiptsOf(2)).toHaveCount(3);
  await sandbox.end();
  await expect(sandbox.call(2, 1)).toContainText('DELETE c');
  await sandbox.button('Send request 1').click();
  await expect(sandbox.receiptsOf(3)).toHaveCount(2);
  await sandbox.end();
  await expect(sandbox.call(3, 1)).toContainText('GET a');
  // One that has nowhere to go cannot be sent.
  await sandbox.link('client-server').focus();
  await page.keyboard.press('Delete');
  await sandbox.select(sandbox.node('client'));
  await expect(sandbox.button('Send request 1')).toBeDisabled();
});

interface Written {
  policy: NonNullable<ServerSettings['policy']>;
  label: string;
  says: RegExp;
  /** Of a PUT over a cached key, a GET, a DELETE, a GET, a PUT of what is no longer there. */
  hops: string[][];
  statuses: string[];
  deletes: string[];
  cached: string | null;
}

const policies: Written[] = [
  {
    policy: 'invalidate',
    label: 'invalidate',
    says: /then deletes the key from every cache/,
    hops: [['stored', 'deleted'], ['miss', 'found', 'stored'], ['deleted', 'deleted'], ['miss', 'not-found'], ['stored', 'not-found']],
    statuses: ['200', '200', '200', '404', '201'],
    deletes: ['server → postgres', 'server → redis'],
    cached: null,
  },
  {
    policy: 'update',
    label: 'update the cache',
    says: /then the new value into every cache/,
    hops: [['stored', 'stored'], ['hit'], ['deleted', 'deleted'], ['miss', 'not-found'], ['stored', 'stored']],
    statuses: ['200', '200', '200', '404', '201'],
    deletes: ['server → postgres', 'server → redis'],
    cached: 'again',
  },
  {
    policy: 'forget',
    label: 'forget the cache',
    says: /tells no cache: the classic bug/,
    hops: [['stored'], ['hit'], ['deleted'], ['hit'], ['stored']],
    statuses: ['200', '200', '200', '200', '201'],
    deletes: ['server → postgres'],
    cached: 'of a',
  },
  {
    policy: 'invalidate-first',
    label: 'invalidate first',
    says: /then writes the database: the classic wrong order/,
    hops: [['deleted', 'stored'], ['miss', 'found', 'stored'], ['deleted', 'deleted'], ['miss', 'not-found'], ['not-found', 'stored']],
    statuses: ['200', '200', '200', '404', '201'],
    deletes: ['server → redis', 'server → postgres'],
    cached: null,
  },
];
for (const { policy, label, says, hops, statuses, deletes, cached } of policies) {
  test(`the write policy ${policy} tells the stores in its own order, and leaves them as it should`, async ({ page }) => {
    const sandbox = await Sandbox.open(page);
    // It begins with another one, so that there is something to choose.
    const other = policy === 'update' ? 'forget' : 'update';
    const requests = [put('a', 'new a'), 'a', del('a'), 'a', put('a', 'again')];
    await sandbox.import(usual({ requests, keys: ['a'], server: { policy: other } }));
    await sandbox.select(sandbox.node('server'));
    await expect(sandbox.field('Write policy').getByRole('option')).toHaveText(policies.map(({ label }) => label));
    await expect(sandbox.field('Write policy')).toHaveValue(other);
    await expect(sandbox.inspector).not.toContainText(says);
    await sandbox.field('Write policy').selectOption(policy);
    await expect(sandbox.inspector).toContainText(says);
    await expect(sandbox.node('server')).toContainText(label);

    await sandbox.play(1);
    for (const [index, expected] of hops.entries()) {
      expect(await sandbox.outcomes(1, index + 1), `of request ${index + 1}`).toEqual(expected);
      await expect(sandbox.status(1, index + 1)).toHaveText(statuses[index]!);
    }
    for (const [request, outcome] of [[1, 'stored'], [3, 'deleted'], [5, 'stored']] as const) {
      await expect(sandbox.call(1, request)).toHaveAttribute('data-outcome', outcome);
    }
    await expect(sandbox.receiptsOf(1, 3).locator('.path')).toHaveText([...deletes, 'client → server']);
    expect(await (await sandbox.open(sandbox.call(1, 5))).innerText()).toMatch(/201 Created\./);

    await sandbox.select(sandbox.node('postgres'));
    await expect(sandbox.row('a')).toContainText('again');
    await sandbox.select(sandbox.node('redis'));
    await expect(sandbox.figure('Keys')).toHaveText(cached === null ? '0' : '1');
    if (cached !== null) await expect(sandbox.row('a')).toContainText(cached);
  });
}

test('the commands of a write are shown as a learner would write them, and as they were sent', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: [put('a', "o'hara"), del('a')], keys: ['a'] }));
  await sandbox.play(1);
  const rows = { insert: sandbox.receiptsOf(1, 1).nth(0), forget: sandbox.receiptsOf(1, 1).nth(1), remove: sandbox.receiptsOf(1, 2).nth(0) };
  await expect(rows.insert).toContainText("INSERT INTO users (key, value) VALUES ('a', 'o''hara') ON CONFLICT");
  await expect(rows.forget).toContainText('DEL a');
  await expect(rows.remove).toContainText("DELETE FROM users WHERE key = 'a'");
  await expect(await sandbox.open(rows.insert)).toContainText(/INSERT INTO[\s\S]*ON CONFLICT[\s\S]*o''hara/);
  await expect(await sandbox.open(rows.forget)).toContainText(/DEL aside:\{[0-9a-f]+:redis\}:a[\s\S]*\(integer\) 1/);
  await expect(await sandbox.open(rows.remove)).toContainText(/DELETE FROM/);
  // The one who asked is told what became of it.
  await expect(await sandbox.open(sandbox.call(1, 1))).toContainText('200 Updated.');
  await expect(await sandbox.open(sandbox.call(1, 2))).toContainText('200 Deleted.');
});

test('what is not there cannot be deleted, and without a database nothing can be written', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.import(usual({ requests: [del('nobody')] }));
  await sandbox.play(1);
  expect(await sandbox.outcomes(1, 1)).toEqual(['not-found', 'not-found']);
  await expect(sandbox.status(1, 1)).toHaveText('404');
  await expect(await sandbox.open(sandbox.call(1, 1))).toContainText('There was no such row.');

  const nodes = [client('client', [put('a', 'new a')]), server(), redis('redis', ['a']), postgres('postgres', ['a'])];
  await sandbox.import(scenario(nodes, ['client-server', 'server-redis']));
  await sandbox.play(2);
  expect(await sandbox.allOutcomes(2)).toEqual(['not-found']);
  await expect(sandbox.status(2, 1)).toHaveText('404');
  await expect(await sandbox.open(sandbox.call(2, 1))).toContainText('nothing can be written');
  await sandbox.select(sandbox.node('redis'));
  await expect(sandbox.row('a')).toContainText('of a');
});
