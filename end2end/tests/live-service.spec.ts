import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

/** The sandbox with the server's inspector open, and the address that stands there. */
async function open(sandbox: Sandbox): Promise<string> {
  await sandbox.select(sandbox.node('server'));
  await expect(sandbox.field('Live URL')).toHaveValue(/\/live\//);
  return sandbox.field('Live URL').inputValue();
}

const put = (url: string, value: unknown) =>
  fetch(url, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ value }) });

test('any program may ask at the address in the inspector, and its requests come with receipts', async ({ page, baseURL }) => {
  const sandbox = await Sandbox.open(page);
  const url = await open(sandbox);
  expect(url).toMatch(new RegExp(`^${baseURL}/live/[0-9a-z]+/server/users$`));
  await expect(sandbox.field('Live URL')).not.toBeEditable();
  await expect(sandbox.field('In a terminal')).toHaveValue(`curl -i ${url}/rohan`);

  const read = await fetch(`${url}/rohan`);
  expect([read.status, await read.json()]).toEqual([200, { key: 'rohan', value: 'Rohan, Mumbai' }]);
  expect(read.headers.get('cache-status')).toMatch(/^redis; hit; ttl=\d+$/);
  await expect(sandbox.receipts.locator('[data-outcome="hit"]').filter({ hasText: 'GET rohan' })).toBeVisible();

  // What it writes is in the stores.
  const written = await put(`${url}/rohan`, { city: 'Pune' });
  expect([written.status, await written.json()]).toEqual([200, { key: 'rohan', value: { city: 'Pune' } }]);
  await sandbox.select(sandbox.node('postgres'));
  await expect(sandbox.row('rohan')).toContainText('{"city":"Pune"}');
});

test('address and command are copied with a button', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const url = await open(sandbox);
  for (const [button, text] of [['Copy address', url], ['Copy command', `curl -i ${url}/rohan`]] as const) {
    await sandbox.button(button).click();
    await expect(sandbox.notice()).toContainText('Copied.');
    // Where else it can be seen: in a field that it is pasted into.
    await sandbox.field('Resource').selectText();
    await page.keyboard.press('ControlOrMeta+V');
    await expect(sandbox.field('Resource')).toHaveValue(text);
    await page.keyboard.press('Escape');
    await expect(sandbox.field('Resource')).toHaveValue('users');
  }
});

test('a service that is switched off is nowhere, and a new address makes the old one lead nowhere', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const url = await open(sandbox);
  const status = async (base: string) => (await fetch(`${base}/rohan`)).status;
  const isOn = sandbox.switch('Live service');
  await expect(isOn).toBeChecked();
  await isOn.uncheck();
  await expect(sandbox.field('Live URL')).toHaveValue('');
  await sandbox.saved();
  await expect.poll(() => status(url)).toBe(404);
  await isOn.check();
  await expect(sandbox.field('Live URL')).toHaveValue(url);
  await sandbox.saved();
  await expect.poll(() => status(url)).toBe(200);

  await sandbox.button('New address').click();
  await expect(sandbox.field('Live URL')).not.toHaveValue(url);
  const fresh = await sandbox.field('Live URL').inputValue();
  expect([await status(fresh), await status(url)]).toEqual([200, 404]);
  await page.reload();
  await sandbox.isAlive();
  expect(await open(sandbox)).toBe(fresh);
});

test('a server calls its keys as its resource says', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const url = await open(sandbox);
  await sandbox.type('Resource', 'To do');
  await expect(sandbox.inspector.getByRole('alert')).toContainText('A resource cannot hold');
  await sandbox.type('Resource', 'todos');
  const todos = url.replace(/users$/, 'todos');
  await expect(sandbox.field('Live URL')).toHaveValue(todos);
  await sandbox.saved();
  const body = JSON.stringify({ value: { title: 'Buy milk', done: false } });
  const created = await fetch(todos, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  expect(created.status).toBe(201);
  const { key } = (await created.json()) as { key: string };
  const location = new URL(created.headers.get('location')!, todos).href;
  expect(location).toBe(`${todos}/${key}`);
  expect(await (await fetch(location)).json()).toEqual({ key, value: { title: 'Buy milk', done: false } });
  expect((await fetch(location, { method: 'DELETE' })).status).toBe(200);
  const gone = await fetch(location);
  expect([gone.status, gone.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
});
