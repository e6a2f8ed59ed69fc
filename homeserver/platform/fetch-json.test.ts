import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { describeFetchError, fetchJson } from './fetch-json.ts';

let server: Server;
let url: string;

before(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/json') response.end('{"a":1}');
    else if (path === '/text') response.end('hello');
    else if (path === '/moved') response.writeHead(302, { location: '/json' }).end();
    else if (path === '/round') response.writeHead(302, { location: '/round' }).end();
    else if (path === '/large') response.end('x'.repeat(100_000));
    else if (path === '/slow') response.write('{');
    else response.writeHead(404).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(path: string, timeoutMs = 10_000, base = url) {
  const deadline = startDeadline(timeoutMs, 'asking');
  try {
    return await fetchJson(base + path, deadline);
  } finally {
    deadline.finish();
  }
}

test('a document is read, also after a redirection, and what is no JSON has no body', async () => {
  assert.deepEqual(await ask('/json'), { status: 200, body: { a: 1 } });
  assert.deepEqual(await ask('/moved'), { status: 200, body: { a: 1 } });
  assert.deepEqual(await ask('/text'), { status: 200, body: undefined });
  assert.deepEqual(await ask('/nothing'), { status: 404, body: {} });
});

for (const [path, reason] of [
  ['/round', /redirects too often/],
  ['/large', /too large/],
] as const) {
  test(`${path.slice(1)} answers are given up, and the reason told`, async () => {
    await assert.rejects(ask(path), (error) => reason.test(describeFetchError(error)));
  });
}

test('the deadline covers the body', async () => {
  await assert.rejects(ask('/slow', 100), (error) => /in time/.test(describeFetchError(error)));
});

test('a port where nobody listens is told in words', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const base = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  closed.close();
  await once(closed, 'close');
  await assert.rejects(ask('/', 10_000, base), (error) => describeFetchError(error) === 'nothing listens there');
});
