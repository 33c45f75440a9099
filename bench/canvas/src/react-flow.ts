import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Contestant } from './contestant.ts';
import type { Size } from './size.ts';

const DOCUMENT =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>React Flow</title><link rel="stylesheet" href="page.css">' +
  '<style>body{margin:0}</style></head><body><div id="root"></div><script type="module" src="page.js"></script></body></html>';

/** The page with React Flow, as esbuild has bundled it, on a free port. */
export class ReactFlow {
  private constructor(
    private readonly server: Server,
    private readonly url: string,
  ) {}

  static async serve(): Promise<ReactFlow> {
    const read = (name: string) => readFile(join(import.meta.dirname, 'peer', name));
    const files = new Map<string, [type: string, body: string | Buffer]>([
      ['/', ['text/html', DOCUMENT]],
      ['/page.js', ['text/javascript', await read('page.js')]],
      ['/page.css', ['text/css', await read('page.css')]],
    ]);
    const server = createServer((request, response) => {
      const file = files.get(new URL(request.url ?? '/', 'http://peer').pathname);
      if (!file) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': `${file[0]}; charset=utf-8` }).end(file[1]);
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return new ReactFlow(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** As it is, or with `onlyRenderVisibleElements`; its canvas is as large as Aside's. */
  contestant(name: string, canvas: Size, onlyVisible: boolean): Contestant {
    return {
      name,
      isOurs: false,
      alive: 'body',
      modifiers: 0,
      node: (id) => `.react-flow__node[data-id="${id}"]`,
      prepare: async (_, { nodes }) => {
        const query = `nodes=${nodes.length}&width=${canvas.width}&height=${canvas.height}`;
        return `${this.url}/?${query}${onlyVisible ? '&visible=1' : ''}`;
      },
    };
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
