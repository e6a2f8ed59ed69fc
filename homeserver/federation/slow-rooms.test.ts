import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { joinFakeMember } from '../testing/join-fake-member.ts';
import { createTestRoom } from '../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestReply, type TestUser } from '../testing/test-user.ts';

let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
let context: Context;
let fake: FakeServer;
let alice: TestUser;
const stops: (() => Promise<void>)[] = [];

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  ({ context } = homeserver);
  fake = await startFake('fake.test');
  alice = await registerUser(homeserver.baseUrl, 'alice');
});

after(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await federation.stop();
});

async function startFake(name: string): Promise<FakeServer> {
  const server = await startFakeServer(federation.network, name);
  server.answer('/_matrix/federation/v1/send/', { pdus: {} });
  stops.push(() => server.stop());
  return server;
}

/** A room with a user of the fake server and one of a server whose keys do not come before `open`. */
async function startSlowRoom(name: string) {
  const slow = await startFake(name);
  const gate = Promise.withResolvers<void>();
  slow.answer('/_matrix/key/v2/server', async () => {
    await gate.promise;
    return slow.publishKeys();
  });
  const roomId = await createTestRoom(alice);
  const [quick, late] = [await joinFakeMember(context, fake, roomId), await joinFakeMember(context, slow, roomId)];
  return { roomId, quick, late, open: () => gate.resolve() };
}

let transactions = 0;
function send(...events: readonly BuiltEvent[]): Promise<TestReply> {
  const pdus = events.map(({ pduJson }) => JSON.parse(pduJson) as JsonObject);
  const path = `/_matrix/federation/v1/send/s${transactions++}`;
  return fake.send(homeserver.baseUrl, 'one.test', 'PUT', path, { origin: 'fake.test', origin_server_ts: 1, pdus });
}

/** Bodies of the room's messages as a client sees them, oldest first. */
async function messages(roomId: string): Promise<string[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=50`;
  const { chunk } = await alice.call('GET', path);
  return chunk.flatMap((event: AnyJson) => (event.type === 'm.room.message' ? [event.content.body] : [])).toReversed();
}

async function untilMessages(roomId: string, expected: readonly string[]): Promise<void> {
  while ((await messages(roomId)).length < expected.length) await context.clock.sleep(20);
  assert.deepEqual(await messages(roomId), expected);
}

async function countUndecided(): Promise<number> {
  const [row] = await context.database<{ count: number }[]>`SELECT count(*)::int AS count FROM undecided_pdu`;
  return row?.count ?? 0;
}

test('a room that is slow holds up none of the other rooms of the server that sends, and keeps its order', async () => {
  const { roomId, quick, late, open } = await startSlowRoom('slow.test');
  const other = await joinFakeMember(context, fake, await createTestRoom(alice));
  const first = await late.say('first');
  const second = await quick.say('second', { prevEventIds: [first.eventId] });
  // Each is answered although the key does not come.
  assert.deepEqual((await send(first)).body, { pdus: {} });
  assert.equal(await countUndecided(), 1);
  assert.deepEqual((await send(second)).body, { pdus: {} });
  assert.equal(await countUndecided(), 2);
  const elsewhere = await other.say('elsewhere');
  assert.deepEqual((await send(elsewhere)).body, { pdus: { [elsewhere.eventId]: {} } });
  assert.deepEqual([await messages(other.roomId), await messages(roomId)], [['elsewhere'], []]);
  open();
  await untilMessages(roomId, ['first', 'second']);
  while ((await countUndecided()) > 0) await context.clock.sleep(20);
  const third = await quick.say('third', { prevEventIds: [second.eventId] });
  assert.deepEqual((await send(third)).body, { pdus: { [third.eventId]: {} } });
});

test('what was acknowledged before it was judged is judged after a restart, once and in its order', async () => {
  const { roomId, quick, late, open } = await startSlowRoom('slower.test');
  const first = await late.say('first');
  const second = await quick.say('second', { prevEventIds: [first.eventId] });
  await send(first);
  await send(second);
  assert.equal(await countUndecided(), 2);
  ({ context } = await homeserver.restart());
  assert.deepEqual(await messages(roomId), []);
  open();
  await untilMessages(roomId, ['first', 'second']);
  while ((await countUndecided()) > 0) await context.clock.sleep(20);
  // Its sender may not have heard that it arrived.
  assert.deepEqual((await send(first)).body, { pdus: { [first.eventId]: {} } });
  assert.deepEqual([await messages(roomId), await countUndecided()], [['first', 'second'], 0]);
});

test('an event whose key nobody has for now is kept, and judged again when the key can be had', async () => {
  const keyless = await startFake('keyless.test');
  keyless.answer('/_matrix/key/v2/server', {});
  const roomId = await createTestRoom(alice);
  const [, late] = [await joinFakeMember(context, fake, roomId), await joinFakeMember(context, keyless, roomId)];
  const event = await late.say('in the end');
  const { pdus } = (await send(event)).body as { pdus: Record<string, { error?: string }> };
  assert.match(pdus[event.eventId]?.error ?? '', /key/);
  assert.deepEqual([await messages(roomId), await countUndecided()], [[], 1]);
  keyless.answer('/_matrix/key/v2/server', () => keyless.publishKeys());
  // A process that has just started looks at once.
  ({ context } = await homeserver.restart());
  await untilMessages(roomId, ['in the end']);
  while ((await countUndecided()) > 0) await context.clock.sleep(20);
});
