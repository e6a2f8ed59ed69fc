import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import { backOffsOf } from '../../remote-servers/back-off/back-offs.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readEventById } from '../../storage/rooms/read-events.ts';
import { FakeRoom, joinFakeRoom } from '../../testing/fake-room.ts';
import { leaveRoom } from '../../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestUser } from '../../testing/test-user.ts';
import { receiveEvents } from '../receive-events.ts';
import { readStateIdsAt } from '../state-at-event.ts';

let federation: FederatedHomeservers;
let one: FederatedHomeserver;
let alice: TestUser;
let bob: TestUser;
let fake: FakeServer;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  one = federation.homeservers[0] as FederatedHomeserver;
  [alice, bob] = await Promise.all([registerUser(one.baseUrl, 'alice'), registerUser(one.baseUrl, 'bob')]);
  fake = await startFakeServer(federation.network, 'fake.test');
  fake.answer('/_matrix/federation/v1/send', {});
});
after(async () => {
  await fake.stop();
  await federation.stop();
});

const join = (room: FakeRoom, user: TestUser) => joinFakeRoom(one, room, user);

async function page(user: TestUser, roomId: string, query: string): Promise<AnyJson> {
  return await user.call('GET', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&${query}`);
}

/** All that a user can page back to, newest first. */
async function readBack(user: TestUser, roomId: string, limit: number): Promise<AnyJson[]> {
  const events: AnyJson[] = [];
  for (let from = ''; ; ) {
    const { chunk, end } = await page(user, roomId, `limit=${limit}${from}`);
    events.push(...chunk);
    if (end === undefined) return events;
    from = `&from=${end}`;
  }
}

/** The ids of the state after an event that is here. */
async function readStateIdsAfter(eventId: string): Promise<string[]> {
  const event = await readEventById(one.context, eventId);
  const room = event && (await findRoom(one.context, event.roomId));
  if (!room) throw new Error(`the event ${eventId} is not here`);
  return [...(await readStateIdsAt(one.context, room, event, 'after')).values()].map((state) => state.eventId);
}

const idsOf = (events: readonly AnyJson[]) => events.map(({ event_id: eventId }) => eventId);
const allIds = (room: FakeRoom) => room.events.map(({ eventId }) => eventId).toReversed();
const backfills = (room: FakeRoom) =>
  fake.requests.filter(({ url }) => url.includes(`/backfill/${encodeURIComponent(room.roomId)}`)).length;

test('history from before the join is filled in, in its order, to the beginning of the room', async () => {
  const room = new FakeRoom(fake, 'long');
  for (let index = 0; index < 230; index++) room.say(`message ${index}`);
  await join(room, alice);
  assert.deepEqual(idsOf(await readBack(alice, room.roomId, 60)), allIds(room));
  const before = backfills(room);
  assert.equal(before, 3);
  assert.deepEqual(idsOf(await readBack(alice, room.roomId, 1000)), allIds(room));
  assert.equal(backfills(room), before, 'what is here is not asked for again');
});

test('those who ask at the same time share what is asked of others', async () => {
  const room = new FakeRoom(fake, 'shared');
  for (let index = 0; index < 20; index++) room.say(`message ${index}`);
  await join(room, alice);
  const pages = await Promise.all([1, 2, 3].map(() => page(alice, room.roomId, 'limit=50')));
  for (const { chunk } of pages) assert.deepEqual(idsOf(chunk), allIds(room));
  assert.equal(backfills(room), 1);
});

test('state has at every place of the filled history what it had there', async () => {
  const room = new FakeRoom(fake, 'named');
  room.add({ type: 'm.room.name', stateKey: '', content: { name: 'first' } });
  const early = room.say('early');
  room.add({ type: 'm.room.name', stateKey: '', content: { name: 'second' } });
  room.add({ type: 'm.room.topic', stateKey: '', content: { topic: 'late' } });
  const late = room.say('late');
  await join(room, alice);
  const all = await readBack(alice, room.roomId, 100);
  assert.deepEqual(idsOf(all), allIds(room));
  const second = all.find((event) => event.content.name === 'second');
  assert.deepEqual(second.unsigned.prev_content, { name: 'first' });
  const stateAt = async (eventId: string) => {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}/context/${encodeURIComponent(eventId)}?limit=0`;
    const { state } = await alice.call('GET', path);
    return state.map((event: AnyJson) => event.content.name ?? event.content.topic).filter(Boolean);
  };
  assert.deepEqual(await stateAt(early.eventId), ['first']);
  assert.deepEqual((await stateAt(late.eventId)).sort(), ['late', 'second']);
  const now = await alice.call('GET', `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}/state`);
  assert.equal(now.filter((event: AnyJson) => event.type === 'm.room.name').length, 1);
});

test('who may not see what was before joining gets none of it, and nobody is asked for it', async () => {
  const room = new FakeRoom(fake, 'closed', 'joined');
  room.say('secret');
  const joined = await join(room, alice);
  assert.deepEqual(idsOf(await readBack(alice, room.roomId, 100)), [joined]);
  assert.equal(backfills(room), 0);
});

test('what was secret at its time stays so when the room was opened later', async () => {
  const room = new FakeRoom(fake, 'opened', 'joined');
  const secret = room.say('secret');
  const opened = { type: 'm.room.history_visibility', stateKey: '', content: { history_visibility: 'shared' } };
  room.add(opened);
  room.say('open');
  await join(room, alice);
  const bodies = (await readBack(alice, room.roomId, 100)).map((event) => event.content.body).filter(Boolean);
  assert.deepEqual(bodies, ['open']);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}/event/${encodeURIComponent(secret.eventId)}`;
  assert.equal((await alice.send('GET', path)).status, 404);
});

test('what happened while this server was away stands where it happened', async () => {
  const room = new FakeRoom(fake, 'again');
  room.say('before');
  await join(room, bob);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}/messages?dir=b&limit=1`;
  const [{ event_id: bobsJoin }] = (await bob.call('GET', path)).chunk;
  assert.equal(bobsJoin, room.newest.eventId);
  await leaveRoom(bob, room.roomId);
  const [{ event_id: left, ...leave }] = (await bob.call('GET', path)).chunk;
  assert.equal(leave.content.membership, 'leave');
  const stored = await one.context.database<{ body: Buffer }[]>`SELECT body FROM event WHERE event_id = ${left}`;
  room.adopt(left, stored[0]?.body.toString() ?? '');
  for (let index = 0; index < 130; index++) room.say(`away ${index}`);
  room.add({ type: 'm.room.name', stateKey: '', content: { name: 'while away' } });
  room.say('last');
  await join(room, alice);
  assert.deepEqual(idsOf(await readBack(alice, room.roomId, 50)), allIds(room));
  const bobs = (await readBack(bob, room.roomId, 500)).map((event) => event.content.body ?? event.content.membership);
  assert.ok(!bobs.includes('away 1') && !bobs.includes('last'), 'who left does not read what came later');
});

test('branches of history come, each event once', async () => {
  const room = new FakeRoom(fake, 'forked');
  const root = room.say('root').eventId;
  const left = room.say('left', { prevs: [root] }).eventId;
  const right = room.say('right', { prevs: [root] }).eventId;
  const right2 = room.say('right 2', { prevs: [right] }).eventId;
  room.say('merge', { prevs: [left, right2] });
  await join(room, alice);
  const ids = idsOf(await readBack(alice, room.roomId, 2));
  assert.deepEqual(new Set(ids), new Set(allIds(room)));
  assert.equal(ids.length, room.events.length);
});

/** Events of the fake server come to a room that is here already. Gives what became of them. */
async function receive(room: FakeRoom, events: readonly BuiltEvent[], stateBefore?: readonly string[]) {
  const received = events.map(({ eventId, pduJson }) => ({ eventId, pduJson, ...(stateBefore && { stateBefore }) }));
  const outcomes = await receiveEvents(one.context, { roomId: room.roomId, origin: 'fake.test', events: received });
  return outcomes.map(({ outcome }) => outcome);
}

/** Whether the history around an event of a guest has the state that it had, and what comes after it is accepted. */
async function assertGuestIsMember(room: FakeRoom, old: BuiltEvent): Promise<void> {
  const wanted = room.stateBefore(old.eventId).map(({ eventId }) => eventId);
  assert.deepEqual((await readStateIdsAfter(old.eventId)).toSorted(), wanted.toSorted());
  const late = room.say('late', { sender: old.pdu.sender, prevs: [old.eventId] });
  assert.deepEqual(await receive(room, [late]), ['accepted']);
}

const guest = '@g:fake.test';
const guestJoins = { type: 'm.room.member', stateKey: guest, sender: guest, content: { membership: 'join' } };
const named = { type: 'm.room.name', stateKey: '', content: { name: 'named' } };

test('with the create event comes what is not right after it: the state there is that of what lies between and is here', async () => {
  const room = new FakeRoom(fake, 'between');
  room.add(guestJoins);
  const here = room.events.slice(1);
  room.add(named);
  const old = room.say('old', { sender: guest });
  await join(room, alice);
  assert.deepEqual(await receive(room, here.slice(0, 1), [room.events[0]?.eventId ?? '']), ['accepted']);
  assert.deepEqual(new Set(await receive(room, here.slice(1))), new Set(['accepted']));
  assert.deepEqual(new Set(idsOf(await readBack(alice, room.roomId, 100))), new Set(allIds(room)));
  assert.equal(backfills(room), 1);
  await assertGuestIsMember(room, old);
});

test('the state where a branch that is here joins history that begins with the create event has what the branch brought', async () => {
  const room = new FakeRoom(fake, 'joined-branch');
  const base = room.newest.eventId;
  const stateAtBase = room.events.map(({ eventId }) => eventId);
  const guestJoin = room.add(guestJoins);
  const name = room.add({ ...named, prevs: [base] });
  const old = room.say('old', { sender: guest, prevs: [name.eventId, guestJoin.eventId] });
  await join(room, alice);
  assert.deepEqual(await receive(room, [guestJoin], stateAtBase), ['accepted']);
  assert.deepEqual(new Set(idsOf(await readBack(alice, room.roomId, 100))), new Set(allIds(room)));
  assert.equal(backfills(room), 1);
  await assertGuestIsMember(room, old);
});

test('where history is filled in at two places at once, each has the state that it had', async () => {
  const room = new FakeRoom(fake, 'two-places');
  const state = room.events.map(({ eventId }) => eventId);
  for (let index = 0; index < 120; index++) room.say(`message ${index}`);
  const guestJoin = room.add(guestJoins);
  room.add(named);
  const old = room.say('old', { sender: guest });
  await join(room, alice);
  assert.deepEqual(await receive(room, [guestJoin], state), ['accepted']);
  assert.deepEqual(new Set(idsOf(await readBack(alice, room.roomId, 500))), new Set(allIds(room)));
  await assertGuestIsMember(room, old);
});

test('an event of a time that is not here is found elsewhere, and can be read on from', async () => {
  const room = new FakeRoom(fake, 'dated');
  const old = room.say('old', { originServerTs: 1_000_000 });
  for (let index = 0; index < 150; index++) room.say(`message ${index}`);
  await join(room, alice);
  const base = `/_matrix/client/v1/rooms/${encodeURIComponent(room.roomId)}`;
  fake.answer(`/_matrix/federation/v1/timestamp_to_event/${encodeURIComponent(room.roomId)}`, {
    event_id: old.eventId,
    origin_server_ts: 1_000_000,
  });
  const found = await alice.call('GET', `${base}/timestamp_to_event?ts=1000001&dir=b`);
  assert.equal(found.event_id, old.eventId);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}/context/${encodeURIComponent(old.eventId)}?limit=0`;
  const { start } = await alice.call('GET', path);
  const ids = idsOf((await page(alice, room.roomId, `limit=100&from=${start}`)).chunk);
  assert.deepEqual(ids, allIds(room).slice(-5));
  assert.deepEqual(idsOf(await readBack(alice, room.roomId, 70)), allIds(room), 'what lies between is filled in later');
});

test('an event that is not here is brought from another server when somebody asks for it, and not twice if nobody has it', async () => {
  const room = new FakeRoom(fake, 'linked');
  const old = room.say('old');
  for (let index = 0; index < 150; index++) room.say(`message ${index}`);
  await join(room, alice);
  const base = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}`;
  const shown = await alice.call('GET', `${base}/event/${encodeURIComponent(old.eventId)}`);
  assert.equal(shown.content.body, 'old');
  const around = await alice.call('GET', `${base}/context/${encodeURIComponent(old.eventId)}?limit=4`);
  assert.deepEqual(around.events_before.length, 2);
  assert.equal(backfills(room), 1, 'what was brought is here');
  fake.answer(`/_matrix/federation/v1/backfill/${encodeURIComponent(room.roomId)}`, { pdus: [] });
  const unknown = `${base}/event/${encodeURIComponent(`$${'A'.repeat(43)}`)}`;
  for (const path of [unknown, unknown]) {
    assert.equal((await alice.call('GET', path, undefined, 404)).errcode, 'M_NOT_FOUND');
  }
  assert.equal(backfills(room), 2);
});

test('an event that is newer than all that is here is no history: it has its place at the end, where it was asked for before it came', async () => {
  const room = new FakeRoom(fake, 'newer');
  for (let index = 0; index < 150; index++) room.say(`message ${index}`);
  await join(room, alice);
  const newer = [room.say('newer'), room.say('newest')];
  const ids = newer.map(({ eventId }) => eventId);
  const base = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}`;
  for (const eventId of ids.toReversed()) {
    await alice.call('GET', `${base}/event/${encodeURIComponent(eventId)}`, undefined, 404);
  }
  assert.ok(backfills(room) > 0);
  const pdus = newer.map(({ pduJson }) => JSON.parse(pduJson));
  const sent = { origin: 'fake.test', origin_server_ts: 1, pdus };
  const reply = await fake.send(one.baseUrl, 'one.test', 'PUT', '/_matrix/federation/v1/send/newer', sent);
  assert.deepEqual(reply.body, { pdus: Object.fromEntries(ids.map((eventId) => [eventId, {}])) });
  assert.deepEqual(idsOf((await page(alice, room.roomId, 'limit=2')).chunk), ids.toReversed());
});

test('an event from before the join of a closed room is not asked for', async () => {
  const room = new FakeRoom(fake, 'closed-link', 'joined');
  const secret = room.say('secret');
  await join(room, alice);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}`;
  for (const operation of ['event', 'context']) {
    const reply = await alice.call('GET', `${path}/${operation}/${encodeURIComponent(secret.eventId)}`, undefined, 404);
    assert.equal(reply.errcode, 'M_NOT_FOUND');
  }
  assert.equal(backfills(room), 0);
});

test('a server that lies or does not answer gives no history, and the page says that there may be more', async () => {
  const room = new FakeRoom(fake, 'liar');
  room.say('hidden');
  const joined = await join(room, alice);
  const path = `/_matrix/federation/v1/backfill/${encodeURIComponent(room.roomId)}`;
  const forged = { ...room.find(joined).pdu, content: { membership: 'join', forged: true } };
  for (const answer of [{ pdus: 'none' }, { pdus: [forged, 1, null, {}] }, {}]) {
    fake.answer(path, answer);
    const { chunk, end } = await page(alice, room.roomId, 'limit=10');
    assert.deepEqual(idsOf(chunk), [joined]);
    assert.notEqual(end, undefined);
    assert.deepEqual(await page(alice, room.roomId, `limit=10&from=${end}`).then((next) => [next.chunk, next.end]), [
      [],
      undefined,
    ]);
  }
});

test('while the servers that have more do not answer, no page says that the history ends', async () => {
  const room = new FakeRoom(fake, 'busy');
  room.say('hidden');
  const joined = await join(room, alice);
  const path = `/_matrix/federation/v1/backfill/${encodeURIComponent(room.roomId)}`;
  fake.answer(path, (response) => {
    response.statusCode = 502;
    return { errcode: 'M_UNKNOWN', error: 'busy' };
  });
  const first = await page(alice, room.roomId, 'limit=10');
  assert.deepEqual(idsOf(first.chunk), [joined]);
  const next = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}/messages?dir=b&from=${first.end}`;
  const { status, body } = await alice.send('GET', next);
  assert.equal(status, 503);
  assert.ok(body.retry_after_ms > 0);
});

test('a server that has been gone for more than a day is not waited for: the history ends with what is here', async () => {
  const room = new FakeRoom(fake, 'gone');
  room.say('hidden');
  const joined = await join(room, alice);
  const backOffs = backOffsOf.of(one.context);
  // What this process has found out itself goes before what it learns.
  backOffs.takeUnsaved();
  backOffs.learn('fake.test', { failingForMs: 25 * 3_600_000, retryInMs: 3_600_000, lastError: 'gone' });
  const first = await page(alice, room.roomId, 'limit=10');
  assert.deepEqual(idsOf(first.chunk), [joined]);
  const next = await page(alice, room.roomId, `limit=10&from=${first.end}`);
  assert.deepEqual([next.chunk, next.end], [[], undefined]);
  backOffs.heard('fake.test');
});
