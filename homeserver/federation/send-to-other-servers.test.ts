import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { setAccountFlags } from '../accounts/moderate-account.ts';
import type { Context } from '../platform/context.ts';
import { serversToTell } from '../rooms/joined-servers.ts';
import { readDestination } from '../storage/federation/read-destinations.ts';
import { readLatestEvents } from '../storage/federation/read-missed-events.ts';
import { type CollectedTransactions, collectTransactions } from '../testing/collect-transactions.ts';
import { joinFakeMember } from '../testing/join-fake-member.ts';
import { createTestRoom, say } from '../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestUser } from '../testing/test-user.ts';
import { destinationOwners } from './destination-owners.ts';

let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
/** Of the process that runs. */
let context: Context;
let user: TestUser;
let administrator: TestUser;
/** By name. */
const fakes = new Map<string, FakeServer>();
const stops: (() => Promise<void>)[] = [];

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1, config: { 'federation.replayed_events': 10 } });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  context = homeserver.context;
  user = await registerUser(homeserver.baseUrl, 'anna');
  administrator = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(context, administrator.userId, { isAdmin: true });
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
    fakes.set(name, fake);
    received.push(collectTransactions(fake));
    await joinFakeMember(context, fake, roomId);
  }
  return { roomId, received };
}

/** How it stands with a server, as soon as that is as wanted. */
async function waitForStatus(server: string, isWanted: (status: AnyJson) => boolean): Promise<AnyJson> {
  for (;;) {
    const { destinations } = await administrator.call('GET', '/_holdfast/v1/admin/federation');
    const found = destinations.find((destination: AnyJson) => destination.server === server);
    if (found && isWanted(found)) return found;
    await context.clock.sleep(50);
  }
}

/** Until it is saved that the server has not got what is for it. */
async function waitUntilBehind(server: string): Promise<void> {
  while (!(await readDestination(context, server))?.isBehind) await context.clock.sleep(50);
}

function texts(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}`);
}

const unavailable = (response: { statusCode: number }) => {
  response.statusCode = 503;
  return { errcode: 'M_UNKNOWN', error: 'later' };
};

test('what was before a server came into a room is not for it, whoever reads that in the log and when', async () => {
  const { roomId } = await startRoom('first.test');
  await say(user, roomId, 'before');
  const fake = await startFakeServer(federation.network, 'later.test');
  stops.push(() => fake.stop());
  collectTransactions(fake);
  const positions = async () => {
    const [row] = await context.database<{ shard: number; position: number }[]>`
      SELECT shard, max(position)::int AS position FROM event WHERE room = (SELECT id FROM room WHERE room_id = ${roomId})
      GROUP BY shard`;
    assert.ok(row);
    return row;
  };
  const before = await positions();
  await joinFakeMember(context, fake, roomId);
  const joined = await positions();
  const toldAt = async ({ position }: { position: number }) =>
    (await serversToTell(context, roomId, position)).has('later.test');
  const expected = [false, true];
  assert.deepEqual([await toldAt(before), await toldAt(joined)], expected);
  await restart();
  assert.deepEqual([await toldAt(before), await toldAt(joined)], expected);
  const latest = async (server: string, upTo: number) => {
    const events = await readLatestEvents(context, { server, shard: before.shard, after: 0, upTo });
    const [room] = await context.database<{ ids: string[] }[]>`
      SELECT array_agg(event_id) AS ids FROM event WHERE room = (SELECT id FROM room WHERE room_id = ${roomId})`;
    return events.filter(({ eventId }) => room?.ids.includes(eventId)).map(({ position }) => position);
  };
  assert.deepEqual(await latest('first.test', before.position), [before.position]);
  assert.deepEqual(await latest('later.test', before.position), []);
  assert.deepEqual(await latest('later.test', joined.position), [joined.position]);
});

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
  // What else the server is told after the restart is no part of it.
  const withEvents = server.acknowledged.filter(({ pdus }) => pdus.length > 0);
  assert.deepEqual(
    withEvents.map(({ pdus }) => pdus.length),
    [1, 1],
  );
});

test('a server that hangs or refuses delays nobody else', async () => {
  const { roomId, received } = await startRoom('d.test', 'e.test', 'f.test');
  const [hanging, refusing, well] = received as [CollectedTransactions, CollectedTransactions, CollectedTransactions];
  hanging.answerWith(() => undefined);
  refusing.answerWith(unavailable);
  for (const text of texts(1, 10)) await say(user, roomId, text);
  assert.deepEqual(await well.messages(10), texts(1, 10));
  const isMessage = ({ type }: JsonObject) => type === 'm.room.message';
  assert.ok(!hanging.acknowledged.some(({ pdus }) => pdus.some(isMessage)));
});

test('a server that was away for a few events gets them all in their order', async () => {
  const { roomId, received } = await startRoom('g.test');
  const [server] = received as [CollectedTransactions];
  server.answerWith(unavailable);
  for (const text of texts(1, 5)) await say(user, roomId, text);
  await server.arrivals(1);
  // What waits in memory is forgotten with the process.
  await restart();
  await say(user, roomId, '6');
  server.answerWith(undefined);
  await restart();
  assert.deepEqual(await server.messages(6), texts(1, 6));
});

test('a server that was away for many events gets the newest of each room, and then all that follow', async () => {
  const { roomId, received } = await startRoom('h.test');
  const other = await createTestRoom(user);
  await joinFakeMember(context, fakes.get('h.test') as FakeServer, other);
  const [server] = received as [CollectedTransactions];
  server.answerWith(unavailable);
  await restart();
  await say(user, roomId, 'first');
  await server.arrivals(1);
  for (const text of texts(1, 12)) await say(user, text === '7' ? other : roomId, text);
  await waitUntilBehind('h.test');
  await restart();
  server.answerWith(undefined);
  await restart();
  assert.deepEqual(await server.messages(2), ['7', '12']);
  for (const text of texts(13, 15)) await say(user, text === '14' ? other : roomId, text);
  assert.deepEqual(await server.messages(5), ['7', '12', '13', '14', '15']);
});

test('administrators see what waits for which server, and why', async () => {
  const { roomId, received } = await startRoom('k.test');
  const [server] = received as [CollectedTransactions];
  server.answerWith(unavailable);
  await say(user, roomId, '1');
  await server.arrivals(1);
  const destination = await waitForStatus('k.test', ({ state }) => state === 'waiting');
  assert.equal(destination.queued, 1);
  assert.match(destination.last_error, /503/);
  server.answerWith(undefined);
  await restart();
  await server.messages(1);
  const later = await waitForStatus('k.test', ({ state }) => state === 'idle');
  assert.ok(later.last_success_ts > 0);
});

test('of a transaction that is refused for good, all is sent but what it is refused for', async () => {
  const { roomId, received } = await startRoom('m.test');
  const [server] = received as [CollectedTransactions];
  const taken: string[] = [];
  let isOpen = false;
  server.answerWith((response, { body }) => {
    const messages = ((body?.['pdus'] ?? []) as AnyJson[]).flatMap(({ content }) => content.body ?? []);
    if (isOpen && !messages.includes('poison')) {
      taken.push(...messages);
      return { pdus: {} };
    }
    response.statusCode = 400;
    return { errcode: 'M_BAD_JSON', error: 'not with me' };
  });
  for (const text of ['1', '2', '3', 'poison', '4', '5']) await say(user, roomId, text);
  // Nothing is dropped while everything is refused, however often.
  for (let arrived = 1; arrived <= 12; arrived++) {
    await server.arrivals(arrived);
    destinationOwners.of(context).owner?.heard('m.test');
  }
  const refused = await waitForStatus('m.test', ({ last_error: error }) => error !== null);
  assert.deepEqual([refused.dropped, taken], [0, []]);
  isOpen = true;
  while (!taken.includes('5')) {
    destinationOwners.of(context).owner?.heard('m.test');
    await context.clock.sleep(50);
  }
  assert.deepEqual(taken, ['1', '2', '3', '4', '5']);
  const status = await waitForStatus('m.test', ({ state }) => state === 'idle');
  assert.equal(status.dropped, 1);
  assert.match(status.last_dropped, /^event \$.*400.*not with me/);
});

test('a kick reaches the server of the one who is kicked, and nothing that comes after it', async () => {
  const { roomId, received } = await startRoom('i.test', 'j.test');
  const [kicked, other] = received as [CollectedTransactions, CollectedTransactions];
  await user.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/kick`, { user_id: '@user:i.test' });
  await say(user, roomId, 'after');
  await other.messages(1);
  const eventsOf = ({ arrived }: CollectedTransactions) =>
    arrived.flatMap(({ pdus }) => pdus.map(({ type, content }) => [type, (content as JsonObject)['membership']]));
  assert.deepEqual(eventsOf(kicked), [
    // The other's join, which came through this server.
    ['m.room.member', 'join'],
    ['m.room.member', 'leave'],
  ]);
  assert.deepEqual(eventsOf(other), [
    ['m.room.member', 'leave'],
    ['m.room.message', undefined],
  ]);
});

// Last: the process that it starts stays.
test('another process goes on where one ended', async () => {
  const { roomId, received } = await startRoom('l.test');
  const [server] = received as [CollectedTransactions];
  await say(user, roomId, '1');
  await server.messages(1);
  server.answerWith(() => undefined);
  await say(user, roomId, '2');
  await server.arrivals(2);
  // It takes the shard over when the first one ends, before that one's successor is there.
  await homeserver.startProcess();
  await restart();
  server.answerWith(undefined);
  assert.deepEqual(await server.messages(2), ['1', '2']);
  assert.equal(server.arrived[1]?.id, server.acknowledged[1]?.id);
  await say(user, roomId, '3');
  assert.deepEqual(await server.messages(3), ['1', '2', '3']);
});
