import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { type ManualClock, makeManualClock } from '../../testing/make-manual-clock.ts';
import { makeTestNetwork } from '../../testing/test-network.ts';
import type { Target } from '../discovery/find-route.ts';
import { Connections } from './connections.ts';

const maxConnections = 10;
const network = await makeTestNetwork();
network.hosts.set('here.test', ['127.0.0.1']);

async function listen(t: TestContext, server: Server): Promise<Target> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return { host: 'here.test', port: (server.address() as AddressInfo).port };
}

/** Takes connections, reads what comes and says nothing: no handshake ever ends. */
async function startBlackHole(t: TestContext) {
  const changes = new EventEmitter();
  const seen = { opened: 0, open: 0 };
  const server = createServer((socket) => {
    seen.opened++;
    seen.open++;
    socket.on('error', () => {});
    socket.once('close', () => {
      seen.open--;
      changes.emit('change');
    });
    socket.resume();
    t.after(() => socket.destroy());
    changes.emit('change');
  });
  const target = await listen(t, server);
  return {
    target,
    /** Waits until so many connections have been opened, and only so many of them are open. */
    async waitUntil(opened: number, open: number) {
      while (seen.opened < opened || seen.open > open) await once(changes, 'change');
      assert.deepEqual(seen, { opened, open });
    },
  };
}

function setUp(t: TestContext) {
  const clock = makeManualClock();
  const federation = { maxConnections, caFile: network.caFile, privateAddresses: ['127.0.0.0/8'] };
  const connections = new Connections({ federation }, clock, network.resolver);
  t.after(() => connections.close());
  return { clock, connections };
}

function send(connections: Connections, clock: ManualClock, poolKey: string, targets: Target[], timeoutMs: number) {
  const deadline = startDeadline(timeoutMs, `asking ${poolKey}`, { clock });
  const route = {
    targets,
    hostHeader: 'here.test',
    certificateName: 'here.test',
    foundBy: 'its name',
    isCertain: true,
  };
  const request = { poolKey, route, method: 'GET', path: '/', headers: {}, isRepeatable: true };
  return connections.send(request, false, deadline).finally(() => deadline.finish());
}

test('hundreds of servers that swallow everything never take more connections than may be, nor longer than their time', {
  timeout: 20_000,
}, async (t) => {
  const { clock, connections } = setUp(t);
  const { agent, slots } = connections;
  const hole = await startBlackHole(t);
  const targets = Array.from({ length: 8 }, () => hole.target);
  const rounds = 30;
  const asked = Array.from({ length: rounds * maxConnections }, (_, index) => {
    const timeoutMs = 8_000 * (1 + Math.floor(index / maxConnections));
    return send(connections, clock, `s${index}.test`, targets, timeoutMs).catch((error: Error) => error.name);
  });
  let opened = 0;
  for (let round = 0; round < rounds; round++) {
    await hole.waitUntil((opened += maxConnections), maxConnections);
    assert.deepEqual([agent.openCount, slots.active], [maxConnections, maxConnections]);
    // The eighth part of a request's time is for the first of eight targets.
    clock.advance(1_000);
    await hole.waitUntil((opened += maxConnections), maxConnections);
    assert.equal(agent.openCount, maxConnections);
    clock.advance(7_000);
  }
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(['DeadlineExceededError']));
  await hole.waitUntil(opened, 0);
  assert.deepEqual([agent.openCount, slots.active, slots.waiting], [0, 0, 0]);
});

test('a target that swallows everything leaves time for the next one', { timeout: 20_000 }, async (t) => {
  const { clock, connections } = setUp(t);
  const hole = await startBlackHole(t);
  const { certificate, key } = network.makeCertificate(['here.test']);
  const server = createSecureServer({ cert: certificate, key }, (_request, response) => response.end('here'));
  t.after(() => server.closeAllConnections());
  const asked = send(connections, clock, 'here.test', [hole.target, await listen(t, server)], 8_000);
  await hole.waitUntil(1, 1);
  clock.advance(4_000);
  const response = await asked;
  assert.equal(String(await Array.fromAsync(response)), 'here');
  await hole.waitUntil(1, 0);
});
