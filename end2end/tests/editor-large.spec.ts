import { expect, test } from '../fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';
import { client, type Scenario } from '../support/scenarios.ts';

/** That many clients, in a square. */
function square(count: number): Scenario {
  const side = Math.ceil(Math.sqrt(count));
  const at = (index: number) => [(index % side) * 288, Math.floor(index / side) * 192] as const;
  const nodes = Array.from({ length: count }, (_, index) => client(`client-${index}`, ['a'], ...at(index)));
  return { format: 3, title: 'Many', graph: { nodes, links: [] } };
}

test('of a large drawing only what is in view is in the document, and it comes when it is looked at', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  await sandbox.choose('many.json', JSON.stringify(square(900)));
  await expect(sandbox.node('client-465')).toBeAttached(); // it stands in the middle
  await sandbox.canvas.locator('.surface').focus();
  await page.keyboard.press('Shift+Digit0');
  await expect.poll(() => sandbox.nodes().count()).toBeLessThan(120);
  await expect(sandbox.node('client-0')).not.toBeAttached();
  // The palette finds what is not in the document, and leads there.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('client-899');
  await page.keyboard.press('Enter');
  await expect(sandbox.node('client-899')).toBeFocused();
  await expect.poll(() => sandbox.nodes().count()).toBeLessThan(120);
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expect(sandbox.nodes()).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(sandbox.node('client-899')).toBeAttached();
});

test('dragging one node changes that node and its links, and nothing else', async ({ page }) => {
  const sandbox = await Sandbox.open(page);
  const touched = await sandbox.canvas.locator('.world').evaluateHandle((world) => {
    const touched = new Set<string>();
    const name = (node: Node) => {
      const element = node instanceof Element ? node : node.parentElement;
      const own = element?.closest('[data-node-id], [data-link], .marks');
      return own?.getAttribute('data-node-id') ?? own?.getAttribute('data-link') ?? own?.getAttribute('class') ?? 'another';
    };
    new MutationObserver((all) => all.forEach((one) => touched.add(name(one.target)))).observe(world, {
      attributes: true, childList: true, characterData: true, subtree: true,
    });
    return touched;
  });
  const { x, y } = await sandbox.center(sandbox.node('redis'));
  await page.mouse.move(x, y + 20);
  await page.mouse.down();
  await page.mouse.move(x + 10, y + 30); // from here on it is selected, and follows
  await touched.evaluate((touched) => new Promise((resolve) => requestAnimationFrame(() => resolve(touched.clear()))));
  await page.mouse.move(x + 60, y + 90, { steps: 10 });
  const names = await touched.evaluate((touched) => [...touched].sort());
  await page.mouse.up();
  expect(names.filter((name) => !name.includes('marks'))).toEqual(['redis', 'server-redis']);
});
