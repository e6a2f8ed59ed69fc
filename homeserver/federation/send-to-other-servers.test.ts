import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Context } from '../platform/context.ts';
import { type CollectedTransactions, collectTransactions } from '../testing/collect-transactions.ts';
import { putRemoteMember } from '../testing/put-remote-member.ts';
import { createTestRoom, say } from '../testing/room-actions.ts';
import { startFakeServer } from '../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { registerUser, type TestUser } from '../testing/test-user.ts';

let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
/** Of the process that runs. */
let context: Context;
let user: TestUser;
const stops: (() => Promise<void>)[] = [];

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1, config: { 'federation.replayed_events': 10 } });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  context = homeserver.context;
  user = await registerUser(homeserver.baseUrl, 'anna');
});

after(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await federation.stop();
});

async function restart(): Promise<void> {
  context = (await homeserver.restart()).context;
}

/** A room in which servers of these names have a member, and what they receive. */
async function startRoom(...names: string[]): Promise<{ roomId: string; received: CollectedTransactions[] }> {
  const roomId = await createTestRoom(user);
  const received: CollectedTransactions[] = [];
  for (const name of names) {
    const fake = await startFakeServer(federation.network, name);
    stops.push(() => fake.stop());
    received.push(collectTransactions(fake));
    await putRemoteMember(context, roomId, `@x:${name}`);
  }
  await restart();
  return { roomId, received };
}

function texts(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}`);
}

const unavailable = (response: { statusCode: number }) => {
  response.statusCode = 503;
  return { errcode: 'M_UNKNOWN', error: 'later' };
};

test('messages reach every server in the room, each once, in order, in few transactions', async () => {
  const { roomId, received } = await startRoom('a.test', 'b.test');
  for (const text of texts(1, 20)) await say(user, roomId, text);
  for (const server of received) assert.deepEqual(await server.messages(20), texts(1, 20));
  await Promise.all(texts(21, 90).map((text) => say(user, roomId, text)));
  for (const server of received) {
    const messages = await server.messages(90);
    assert.equal(new Set(messages).size, messages.length);
    assert.ok(server.acknowledged.every(({ pdus }) => pdus.length <= 50));
    assert.equal(new Set(server.acknowledged.map(({ id }) => id)).size, server.acknowledged.length);
  }
  assert.deepEqual(await received[0]?.messages(90), await received[1]?.messages(90));
});

test('what a server did not acknowledge before a restart it gets after it, in a transaction of the same id', async () => {
  const { roomId, received } = await startRoom('c.test');
  const [server] = received as [CollectedTransactions];
  await say(user, roomId, '1');
  await server.messages(1);
  server.answerWith(() => undefined);
  await say(user, roomId, '2');
  await server.arrivals(2);
  await restart();
  server.answerWith(undefined);
  assert.deepEqual(await server.messages(2), ['1', '2']);
  assert.equal(server.arrived[1]?.id, server.acknowledged[1]?.id);
  assert.equal(server.acknowledged.length, 2);
});

test('a server that hangs or refuses delays nobody else', async () => {
  const { roomId, received } = await startRoom('d.test', 'e.test', 'f.test');
  const [hanging, refusing, well] = received as [CollectedTransactions, CollectedTransactions, CollectedTransactions];
  hanging.answerWith(() => undefined);
  refusing.answerWith(unavailable);
  for (const text of texts(1, 10)) await say(user, roomId, text);
  assert.deepEqual(await well.messages(10), texts(1, 10));
  assert.equal(hanging.arrived.length, 1);
});
