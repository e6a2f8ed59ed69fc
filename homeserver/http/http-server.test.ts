import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { defineEndpoint } from './endpoint.ts';
import { type StartedHttpServer, startHttpServer } from './start-http-server.ts';

let homeserver: TestHomeserver;
let server: StartedHttpServer;
let heldRequest: { arrived: () => void } | undefined;

const echo = defineEndpoint({
  operation: 'echo',
  method: 'PUT',
  path: '/_matrix/client/v3/echo/{first}/{second}',
  authentication: 'none',
  query: { type: 'object', properties: { limit: { type: 'integer', minimum: 1 }, at: { type: 'string' } } },
  body: {
    type: 'object',
    properties: { name: { type: 'string' }, list: { type: 'array', items: { type: 'integer' } } },
    required: ['name'],
  },
  bodyLimitBytes: 1_000,
  handle: (_context, { params, query, body }) => ({ params, query, body }),
});

const fail = defineEndpoint({
  operation: 'fail',
  method: 'GET',
  path: '/_matrix/client/v3/fail/{how}',
  authentication: 'none',
  handle: (_context, { params }) => {
    if (params.how === 'matrix') throw new MatrixError('M_NOT_FOUND', 'nothing', { fields: { extra: 1 } });
    if (params.how === 'outage') throw Object.assign(new Error('gone'), { code: 'CONNECTION_CLOSED' });
    throw new TypeError('a bug');
  },
});

const hold = defineEndpoint({
  operation: 'hold',
  method: 'GET',
  path: '/_matrix/client/v3/hold',
  authentication: 'none',
  handle: async (_context, { signal }) => {
    heldRequest?.arrived();
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return { ended: true };
  },
});

const whoAmI = defineEndpoint({
  operation: 'who',
  method: 'GET',
  path: '/_matrix/client/v3/who',
  authentication: 'user',
  handle: (_context, { requester }) => ({ user_id: requester.userId }),
});

before(async () => {
  homeserver = await startTestHomeserver();
  server = await startHttpServer({ ...homeserver.context, metrics: freshMetrics() }, [echo, fail, hold, whoAmI]);
});
after(async () => {
  await server.close();
  await homeserver.stop();
});

/** A registry takes each metric once, and the homeserver's own listener has registered its own. */
function freshMetrics() {
  return {
    ...homeserver.context.metrics,
    counter: () => ({ add: () => {} }),
    histogram: () => ({ observe: () => {} }),
    observedGauge: () => {},
  };
}

async function ask(path: string, init?: RequestInit) {
  const response = await fetch(`${server.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const put = (path: string, body: RequestInit['body']) => ask(path, { method: 'PUT', body: body ?? null });

test('params are percent-decoded, the query is converted and the body is parsed', async () => {
  const { status, body } = await put('/_matrix/client/v3/echo/%21a%2Fb/%F0%9F%90%99?limit=3&other=1', '{"name":"x"}');
  assert.equal(status, 200);
  assert.deepEqual(body, { params: { first: '!a/b', second: '🐙' }, query: { limit: 3 }, body: { name: 'x' } });
});

test('a v3 path answers under r0 too', async () => {
  assert.equal((await put('/_matrix/client/r0/echo/a/b', '{"name":"x"}')).status, 200);
});

for (const [name, path, body, status, errcode, text] of [
  ['a body that is no JSON', 'a/b', '{"name":', 400, 'M_NOT_JSON', /JSON/],
  ['a body that is no object', 'a/b', '[]', 400, 'M_BAD_JSON', /object/],
  ['invalid UTF-8', 'a/b', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'M_NOT_JSON', /UTF-8/],
  ['a lone surrogate', 'a/b', '{"name":"\\ud800"}', 400, 'M_NOT_JSON', /surrogate/],
  ['a body that nests too deeply', 'a/b', `{"name":${'['.repeat(200)}${']'.repeat(200)}}`, 400, 'M_NOT_JSON', /deep/],
  ['a missing member', 'a/b', '{}', 400, 'M_BAD_JSON', /name/],
  ['an empty body where members are required', 'a/b', '', 400, 'M_BAD_JSON', /name/],
  ['a member of the wrong type', 'a/b', '{"name":"x","list":[1,"2"]}', 400, 'M_BAD_JSON', /list\[1\] must be integer/],
  ['a body that is too large', 'a/b', JSON.stringify({ name: 'x'.repeat(2_000) }), 413, 'M_TOO_LARGE', /1000/],
  ['a query value of the wrong type', 'a/b?limit=x', '{"name":"x"}', 400, 'M_INVALID_PARAM', /limit/],
  ['a query that is no UTF-8', 'a/b?at=%FF', '{"name":"x"}', 400, 'M_INVALID_PARAM', /query/],
  ['a param that is no UTF-8', 'a/%FF', '{"name":"x"}', 400, 'M_INVALID_PARAM', /path/],
  ['a param with NUL', 'a/%00', '{"name":"x"}', 400, 'M_INVALID_PARAM', /second/],
  ['a param that is too long', `a/${'b'.repeat(1_100)}`, '{"name":"x"}', 400, 'M_INVALID_PARAM', /path/],
] as const) {
  test(`${name} is ${status} ${errcode}`, async () => {
    const reply = await put(`/_matrix/client/v3/echo/${path}`, body);
    assert.equal(reply.status, status);
    assert.equal(reply.body.errcode, errcode);
    assert.match(reply.body.error, text);
    assert.equal(reply.headers.get('access-control-allow-origin'), '*');
  });
}

test('a member named __proto__ is dropped or kept, but changes no prototype', async () => {
  const reply = await put('/_matrix/client/v3/echo/a/b?__proto__=1', '{"name":"x","__proto__":{"polluted":1}}');
  assert.equal(reply.status, 200);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
  const missing = await put('/_matrix/client/v3/echo/a/b', '{"__proto__":{"name":"x"}}');
  assert.equal(missing.body.errcode, 'M_BAD_JSON');
});

test('an unknown path is 404 and a wrong method 405, both M_UNRECOGNIZED', async () => {
  const unknown = await ask('/_matrix/client/v3/nothing');
  assert.deepEqual([unknown.status, unknown.body.errcode], [404, 'M_UNRECOGNIZED']);
  const wrong = await ask('/_matrix/client/v3/echo/a/b', { method: 'POST', body: '{}' });
  assert.deepEqual([wrong.status, wrong.body.errcode], [405, 'M_UNRECOGNIZED']);
});

test('what nobody takes is not read, whatever its sender calls it', async () => {
  for (const [path, status] of [
    ['/_matrix/client/v3/nothing', 404],
    ['/_matrix/client/v3/echo/a%2Fb/c?x=/', 405],
  ] as const) {
    const headers = { 'content-type': 'application/json' };
    const reply = await ask(path, { method: 'POST', body: '{', headers });
    assert.deepEqual([reply.status, reply.body.errcode], [status, 'M_UNRECOGNIZED'], path);
  }
});

test('a preflight of any path is answered without running it', async () => {
  const reply = await ask('/_matrix/client/v3/who', { method: 'OPTIONS' });
  assert.equal(reply.status, 200);
  assert.match(reply.headers.get('access-control-allow-methods') ?? '', /PUT/);
  assert.match(reply.headers.get('access-control-allow-headers') ?? '', /Authorization/);
});

test('HEAD has the headers of GET and no body', async () => {
  const response = await fetch(`${server.url}/_matrix/client/v3/fail/matrix`, { method: 'HEAD' });
  assert.equal(response.status, 404);
  assert.ok(Number(response.headers.get('content-length')) > 0);
  assert.equal(await response.text(), '');
});

test('a MatrixError is its own reply, an outage 503 with Retry-After, a bug 500 without details', async () => {
  const matrix = await ask('/_matrix/client/v3/fail/matrix');
  assert.deepEqual([matrix.status, matrix.body], [404, { errcode: 'M_NOT_FOUND', error: 'nothing', extra: 1 }]);
  const outage = await ask('/_matrix/client/v3/fail/outage');
  assert.equal(outage.status, 503);
  assert.ok(Number(outage.headers.get('retry-after')) > 0);
  const bug = await ask('/_matrix/client/v3/fail/bug');
  assert.deepEqual([bug.status, bug.body], [500, { errcode: 'M_UNKNOWN', error: 'Internal server error' }]);
});

test('without a token it is M_MISSING_TOKEN, with a wrong one M_UNKNOWN_TOKEN', async () => {
  const missing = await ask('/_matrix/client/v3/who');
  assert.deepEqual([missing.status, missing.body.errcode], [401, 'M_MISSING_TOKEN']);
  for (const path of ['/_matrix/client/v3/who', '/_matrix/client/v3/who?access_token=other']) {
    const headers: Record<string, string> = path.includes('?') ? {} : { authorization: 'Bearer nonsense' };
    const unknown = await ask(path, { headers });
    assert.deepEqual([unknown.status, unknown.body.errcode, unknown.body.soft_logout], [401, 'M_UNKNOWN_TOKEN', false]);
  }
});

test('what is no HTTP gets 400 and loses its connection', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write('this is not HTTP\r\n\r\n');
  });
  assert.match(answer, /^HTTP\/1.1 400 /);
});

test('a request that is answered before it turns out to be no HTTP gets one answer', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    const head = 'Host: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.write(`PUT /_matrix/client/v3/echo/a/%FF HTTP/1.1\r\n${head}not a chunk size\r\n`);
  });
  assert.equal(answer.match(/HTTP\/1.1 400/g)?.length, 1);
  assert.match(answer, /M_INVALID_PARAM/);
});

test('closing ends waiting requests through their signal, and they are answered', async () => {
  const own = await startHttpServer({ ...homeserver.context, metrics: freshMetrics() }, [hold]);
  const arrived = new Promise<void>((resolve) => {
    heldRequest = { arrived: resolve };
  });
  const waiting = fetch(`${own.url}/_matrix/client/v3/hold`);
  await arrived;
  await own.close();
  assert.deepEqual(await (await waiting).json(), { ended: true });
});

test('a client that goes away aborts the signal', async () => {
  let aborted: Promise<void> | undefined;
  const watch = defineEndpoint({
    ...{ operation: 'watch', method: 'GET', path: '/watch', authentication: 'none' },
    handle: async (_context, { signal }) => {
      aborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      heldRequest?.arrived();
      await aborted;
      return {};
    },
  });
  const own = await startHttpServer({ ...homeserver.context, metrics: freshMetrics() }, [watch]);
  const arrived = new Promise<void>((resolve) => {
    heldRequest = { arrived: resolve };
  });
  const controller = new AbortController();
  const waiting = fetch(`${own.url}/watch`, { signal: controller.signal });
  await arrived;
  controller.abort();
  await assert.rejects(waiting);
  await aborted;
  await own.close();
});
