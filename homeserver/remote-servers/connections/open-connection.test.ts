import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import { makeManualClock } from '../../testing/make-manual-clock.ts';
import { makeTestNetwork } from '../../testing/test-network.ts';
import { addressRules, type MayConnect } from '../discovery/address-rules.ts';
import { trustAuthorities } from './certificate-authorities.ts';
import { openConnection } from './open-connection.ts';

const network = await makeTestNetwork();
const { certificate, key } = network.makeCertificate(['moves.test']);

/** The same port at 127.0.0.1, which is allowed in these tests, and at 127.0.0.2, which is not. */
async function listenTwice(t: TestContext) {
  const taken: string[] = [];
  let port = 0;
  for (const address of ['127.0.0.1', '127.0.0.2']) {
    const server = createServer({ cert: certificate, key }, (socket) => socket.on('error', () => {}));
    server.on('connection', () => taken.push(address));
    server.on('tlsClientError', () => {});
    server.listen(port, address);
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    t.after(() => void server.close());
  }
  return { taken, port };
}

/** Connects to `moves.test`, whose addresses are, question by question, these. */
function setUp(t: TestContext, answers: string[][], mayConnect: MayConnect = addressRules(['127.0.0.1/32'])) {
  const clock = makeManualClock();
  const asked: string[] = [];
  const resolver = {
    addresses: async (host: string) => {
      asked.push(host);
      return answers.shift() ?? [];
    },
    services: async () => [],
  };
  const secureContext = () => trustAuthorities(network.caFile);
  const rules = { clock, resolver, mayConnect, secureContext, sessions: new BoundedCache<string, Buffer>(10) };
  const connectTo = async (port: number) => {
    const targets = [{ host: 'moves.test', port }];
    const route = { targets, hostHeader: '', certificateName: 'moves.test', foundBy: '', isCertain: true };
    const socket = await openConnection(rules, route, startDeadline(5_000, 'connecting', { clock }));
    t.after(() => socket.destroy());
    return socket.remoteAddress;
  };
  return { asked, connectTo };
}

test('a name that leads into our own network the second time is asked for once a connection, and then not followed', async (t) => {
  const { taken, port } = await listenTwice(t);
  const { asked, connectTo } = setUp(t, [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1']]);
  assert.equal(await connectTo(port), '127.0.0.1');
  assert.deepEqual(asked, ['moves.test'], 'what was looked at is what was connected to');
  await assert.rejects(connectTo(port), { name: 'ForbiddenAddressError', message: /moves\.test is at 127\.0\.0\.2/ });
  assert.equal(await connectTo(port), '127.0.0.1');
  assert.deepEqual(taken, ['127.0.0.1', '127.0.0.1']);
});

test('of several addresses only those are tried that may be', async (t) => {
  const { taken, port } = await listenTwice(t);
  const { connectTo } = setUp(t, [['127.0.0.2', '10.0.0.1', '127.0.0.1', '::1']]);
  assert.equal(await connectTo(port), '127.0.0.1');
  assert.deepEqual(taken, ['127.0.0.1']);
});

test('where a connection ends up elsewhere than it was sent, nothing is said', async (t) => {
  const heard: Buffer[] = [];
  const ends: Promise<unknown>[] = [];
  const server = createPlainServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    ends.push(once(socket, 'close'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const looked: string[] = [];
  const { connectTo } = setUp(t, [['127.0.0.1']], (address) => looked.push(address) === 1);
  const { port } = server.address() as AddressInfo;
  await assert.rejects(connectTo(port), { name: 'ForbiddenAddressError', message: /it is at 127\.0\.0\.1/ });
  assert.deepEqual(looked, ['127.0.0.1', '127.0.0.1']);
  while (ends.length === 0) await once(server, 'connection');
  await Promise.all(ends);
  assert.equal(Buffer.concat(heard).length, 0);
});
