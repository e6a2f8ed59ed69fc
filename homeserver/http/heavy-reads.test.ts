import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { openRemoteServers } from '../remote-servers/open-remote-servers.ts';
import { makeManualClock } from '../testing/make-manual-clock.ts';
import { startFakeServer } from '../testing/start-fake-server.ts';
import { type FederatedHomeserver, startFederatedHomeservers } from '../testing/start-federated-homeservers.ts';
import { defineEndpoint } from './endpoint.ts';
import { federationRoutes } from './federation-api/routes.ts';
import { HeavyReads } from './heavy-reads.ts';
import { bytesReply } from './reply.ts';
import { startHttpServer } from './start-http-server.ts';

/** Enters so many times; gives what was let in so far, in its order. */
function enterMany(reads: HeavyReads, serverName: string, count: number, entered: string[]) {
  return Array.from({ length: count }, async () => {
    const leave = await reads.enter(serverName);
    entered.push(serverName);
    return leave;
  });
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('of one server few run at a time, its others wait in line, and other servers do not wait for them', async () => {
  const reads = new HeavyReads(makeManualClock());
  const entered: string[] = [];
  const ofOne = enterMany(reads, 'a.test', 24, entered);
  await settle();
  assert.deepEqual([entered.length, reads.running, reads.waiting], [4, 4, 20]);
  await assert.rejects(reads.enter('a.test'), { errcode: 'M_LIMIT_EXCEEDED', status: 429 });
  await enterMany(reads, 'b.test', 1, entered)[0];
  assert.deepEqual([entered.at(-1), reads.running], ['b.test', 5]);
  for (const entering of ofOne) {
    const leave = await entering;
    leave();
    // A second time it changes nothing.
    leave();
  }
  assert.deepEqual([entered.length, reads.running, reads.waiting], [25, 1, 0]);
});

test('of all servers no more run than there is room for, and then they come in turn', async () => {
  const reads = new HeavyReads(makeManualClock());
  const entered: string[] = [];
  const servers = Array.from({ length: 16 }, (_, index) => `s${index}.test`);
  const first = servers.map((server) => enterMany(reads, server, 6, entered));
  const late = enterMany(reads, 'late.test', 3, entered);
  await settle();
  assert.deepEqual([reads.running, entered.includes('late.test')], [64, false]);
  const leaves = await Promise.all(first.flatMap((ofOne) => ofOne.slice(0, 4)));
  for (const leave of leaves.slice(0, 3)) leave();
  await settle();
  // Whose last turn is longest ago comes first.
  assert.deepEqual([reads.running, entered.slice(64)], [64, ['s0.test', 'late.test', 's0.test']]);
  for (const leave of leaves.slice(3)) leave();
  for (const leave of await Promise.all([...first.flat(), ...late])) leave();
  assert.deepEqual([reads.running, reads.waiting, entered.length], [0, 0, 16 * 6 + 3]);
});

test('who has waited for too long is told to come again, and takes nobody a turn', async () => {
  const clock = makeManualClock();
  const reads = new HeavyReads(clock);
  const leaves = await Promise.all(enterMany(reads, 'a.test', 4, []));
  const late = reads.enter('a.test');
  clock.advance(19_999);
  assert.equal(reads.waiting, 1);
  clock.advance(1);
  await assert.rejects(late, { errcode: 'M_LIMIT_EXCEEDED' });
  for (const leave of leaves) leave();
  assert.deepEqual([reads.running, reads.waiting], [0, 0]);
});

test('what tells the state of rooms is heavy', () => {
  const heavy = federationRoutes.filter(({ isHeavy }) => isHeavy).map(({ operation }) => operation);
  assert.deepEqual(heavy.toSorted(), ['getEventAuth', 'getRoomState', 'getRoomStateIds', 'sendJoinV1', 'sendJoinV2']);
});

test('a server that asks for too much at once gets 429 while others are answered, and a turn lasts until the reply is out', async (t) => {
  const { network, homeservers, stop } = await startFederatedHomeservers({ servers: 1 });
  t.after(stop);
  const { context: used } = homeservers[0] as FederatedHomeserver;
  const config = { ...used.config, tls: { ...used.config.tls, port: undefined } };
  const context = { ...used, config, metrics: createMetrics({ processMetrics: false }) };
  openRemoteServers(context, network.resolver);
  const replies: Readable[] = [];
  const path = '/_matrix/federation/v1/heavy';
  const isOpen: string[] = [];
  const heavy = defineEndpoint({
    ...{ operation: 'heavy', method: 'GET', path, authentication: 'server', isHeavy: true },
    handle(_context, { requester: { serverName } }) {
      if (isOpen.includes(serverName)) return {};
      const reply = new Readable({ read: () => {} });
      replies.push(reply);
      return bytesReply(reply, { 'Content-Type': 'application/json' });
    },
  });
  const http = await startHttpServer(context, [heavy]);
  t.after(() => http.close());
  const [greedy, other] = await Promise.all(
    ['greedy.test', 'other.test'].map((name) => startFakeServer(network, name)),
  );
  assert.ok(greedy && other);
  t.after(() => Promise.all([greedy.stop(), other.stop()]));
  isOpen.push('other.test');
  const asking = Array.from({ length: 25 }, () => greedy.send(http.url, 'one.test', 'GET', path));
  const refused = await Promise.race(asking);
  assert.deepEqual([refused.status, refused.body.errcode, replies.length], [429, 'M_LIMIT_EXCEEDED', 4]);
  assert.ok(refused.body.retry_after_ms > 0);
  assert.equal((await other.send(http.url, 'one.test', 'GET', path)).status, 200);
  for (let index = 0; index < 24; index++) {
    while (replies.length <= index) await context.clock.sleep(5);
    const reply = replies[index] as Readable;
    const ended = once(reply, 'close');
    reply.push('{}');
    reply.push(null);
    await ended;
  }
  const statuses = (await Promise.all(asking)).map(({ status }) => status);
  assert.deepEqual(statuses.filter((status) => status === 200).length, 24);
});
