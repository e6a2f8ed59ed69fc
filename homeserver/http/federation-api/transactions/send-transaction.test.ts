import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseExactly } from '@holdfast/protocol/json/exact-numbers.ts';
import type { Context } from '../../../platform/context.ts';
import { readExtremityIds, readWaitingEvents } from '../../../storage/federation/read-waiting-events.ts';
import { findRoom } from '../../../storage/names/room-names.ts';
import { readState } from '../../../storage/rooms/read-state.ts';
import { readWireEvent } from '../../../storage/rooms/read-wire-events.ts';
import { makeFakeEvent } from '../../../testing/fake-events.ts';
import { FakeRoom, joinFakeRoom } from '../../../testing/fake-room.ts';
import { type FakeMember, joinFakeMember } from '../../../testing/join-fake-member.ts';
import { createTestRoom, setState } from '../../../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestReply, type TestUser } from '../../../testing/test-user.ts';

let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
let context: Context;
let fake: FakeServer;
let user: TestUser;
let transactions = 0;

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  context = homeserver.context;
  fake = await startFakeServer(federation.network, 'fake.test');
  fake.answer('/_matrix/federation/v1/send/', { pdus: {} });
  user = await registerUser(homeserver.baseUrl, 'anna');
});

after(async () => {
  await fake.stop();
  await federation.stop();
});

async function startRoom(): Promise<FakeMember> {
  return await joinFakeMember(context, fake, await createTestRoom(user));
}

function pduOf(event: BuiltEvent): JsonObject {
  return JSON.parse(event.pduJson) as JsonObject;
}

function send(body: JsonObject, id = `t${transactions++}`): Promise<TestReply> {
  const path = `/_matrix/federation/v1/send/${id}`;
  return fake.send(homeserver.baseUrl, 'one.test', 'PUT', path, { origin: 'fake.test', origin_server_ts: 1, ...body });
}

/** Bodies of the room's messages as a client sees them, oldest first. */
async function messages(roomId: string): Promise<string[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=50`;
  const { chunk } = await user.call('GET', path);
  return chunk.flatMap((event: AnyJson) => (event.type === 'm.room.message' ? [event.content.body] : [])).toReversed();
}

async function waitForMessages(roomId: string, count: number): Promise<string[]> {
  for (;;) {
    const found = await messages(roomId);
    if (found.length >= count) return found;
    await context.clock.sleep(50);
  }
}

test('events of a transaction are there when it is answered, once, however often it comes', async () => {
  const room = await startRoom();
  const first = await room.say('1');
  const second = await room.say('2', { prevEventIds: [first.eventId] });
  const reply = await send({ pdus: [pduOf(first), pduOf(second)] }, 'same');
  assert.deepEqual(reply.body, { pdus: { [first.eventId]: {}, [second.eventId]: {} } });
  assert.deepEqual(await messages(room.roomId), ['1', '2']);
  const again = await send({ pdus: [pduOf(first), pduOf(second)] }, 'same');
  assert.deepEqual(again.body, reply.body);
  const other = await send({ pdus: [pduOf(second), pduOf(first)] });
  assert.deepEqual(other.body, reply.body);
  assert.deepEqual(await messages(room.roomId), ['1', '2']);
});

test('a bad event costs only itself', async () => {
  const room = await startRoom();
  const good = await room.say('good');
  const forged = { ...pduOf(await room.say('forged')), signatures: { 'fake.test': { 'ed25519:fake': 'AAAA' } } };
  const forbidden = await room.make({ type: 'm.room.name', stateKey: '', content: { name: 'mine' } });
  const stranger = { ...pduOf(good), room_id: '!elsewhere:fake.test' };
  const reply = await send({ pdus: [forged, pduOf(forbidden), stranger, pduOf(good), 5, {}] as JsonObject[] });
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.body.pdus[good.eventId], {});
  assert.match(reply.body.pdus[forbidden.eventId].error, /./);
  assert.deepEqual(await messages(room.roomId), ['good']);
});

test('numbers that a double would change are signed, kept and passed on as they were written, in rooms that may have them', async () => {
  const room = await joinFakeMember(context, fake, await createTestRoom(user, { room_version: '5' }));
  const content = parseExactly('{"body":"exact","large":9007199254740993000001,"one":1.0}') as JsonObject;
  const exact = await room.make({ content });
  assert.match(exact.pduJson, /"large":9007199254740993000001,"one":1\.0/);
  const sent = parseExactly(exact.pduJson) as JsonObject;
  assert.deepEqual((await send({ pdus: [sent] })).body, { pdus: { [exact.eventId]: {} } });
  assert.deepEqual(await messages(room.roomId), ['exact']);
  assert.equal((await readWireEvent(context, exact.eventId))?.pduJson, exact.pduJson);
  const strict = await startRoom();
  const said = await strict.say('strict');
  const refused = { ...pduOf(said), content: parseExactly('{"body":"strict","large":9007199254740993}') };
  assert.equal((await send({ pdus: [refused, pduOf(said)] })).status, 200);
  assert.deepEqual(await messages(strict.roomId), ['strict']);
});

test('a server that the room denies has no part in it', async () => {
  const room = await startRoom();
  await setState(user, room.roomId, 'm.room.server_acl', { allow: ['*'], deny: ['fake.test'] });
  const event = await room.say('denied');
  const reply = await send({ pdus: [pduOf(event)] });
  assert.deepEqual(reply.body, { pdus: { [event.eventId]: { error: 'Server is banned from room' } } });
  assert.deepEqual(await messages(room.roomId), []);
});

test('too much at once is refused', async () => {
  const room = await startRoom();
  const pdu = pduOf(await room.say('x'));
  assert.equal((await send({ pdus: Array.from({ length: 51 }, () => pdu) })).status, 400);
  const edus = Array.from({ length: 101 }, () => ({ edu_type: 'm.x', content: {} }));
  assert.equal((await send({ pdus: [], edus })).status, 400);
  assert.equal((await send({ pdus: {} })).status, 400);
  assert.equal(
    (await send({ pdus: [], edus: [{ edu_type: 'm.unknown', content: {} }, 7] as JsonObject[] })).status,
    200,
  );
});

test('a create event that is sent again stays what it is: nobody loses the ground that all others stand on', async () => {
  const room = new FakeRoom(fake, 'created');
  await joinFakeRoom(homeserver, room, user);
  const [create] = room.events as [BuiltEvent];
  assert.deepEqual((await send({ pdus: [pduOf(create)] })).body, { pdus: { [create.eventId]: {} } });
  const said = room.say('after');
  assert.deepEqual((await send({ pdus: [pduOf(said)] })).body, { pdus: { [said.eventId]: {} } });
  assert.deepEqual(await messages(room.roomId), ['after']);
});

test('what a server tells beyond the gap that it was asked about changes nothing', async () => {
  const room = new FakeRoom(fake, 'talkative');
  await joinFakeRoom(homeserver, room, user);
  const [missing, newest] = [room.say('missing'), room.say('newest')];
  const all = room.events.filter((event) => event !== newest).map(pduOf);
  fake.answer(`/_matrix/federation/v1/get_missing_events/${encodeURIComponent(room.roomId)}`, { events: all });
  assert.equal((await send({ pdus: [pduOf(newest)] })).status, 200);
  let placed: readonly { eventId: string }[] = [];
  while (!placed.some(({ eventId }) => eventId === newest.eventId)) {
    placed = await context.database<{ eventId: string }[]>`
      SELECT event_id AS "eventId" FROM event WHERE flags & 64 = 0
        AND room = (SELECT id FROM room WHERE room_id = ${room.roomId}) ORDER BY position`;
  }
  const expected = [room.events[5], missing, newest].map((event) => event?.eventId);
  assert.deepEqual(
    placed.map(({ eventId }) => eventId),
    expected,
  );
});

test('events in between are fetched from the server that left them out', async () => {
  const room = await startRoom();
  const events: BuiltEvent[] = [];
  for (const text of ['1', '2', '3']) {
    const prev = events.at(-1);
    events.push(await room.say(text, { ...(prev && { prevEventIds: [prev.eventId], depth: 20 + events.length }) }));
  }
  const [first, second, third] = events as [BuiltEvent, BuiltEvent, BuiltEvent];
  const path = `/_matrix/federation/v1/get_missing_events/${encodeURIComponent(room.roomId)}`;
  fake.answer(path, { events: [pduOf(first), pduOf(second)] });
  const reply = await send({ pdus: [pduOf(third)] });
  assert.deepEqual(reply.body, { pdus: { [third.eventId]: {} } });
  assert.deepEqual(await waitForMessages(room.roomId, 3), ['1', '2', '3']);
  const { body } = await fake.waitForRequest(path);
  assert.deepEqual(body?.['latest_events'], [third.eventId]);
});

test('a gap below what was fetched is bridged by the state there, after a restart too', async () => {
  const room = await startRoom();
  const lost = await room.say('lost');
  const fetched = await room.say('fetched', { prevEventIds: [lost.eventId], depth: 30 });
  const sent = await room.say('sent', { prevEventIds: [fetched.eventId], depth: 31 });
  const { roomId } = room;
  const state = await user.call('GET', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state`);
  fake.answer(`/_matrix/federation/v1/get_missing_events/${encodeURIComponent(roomId)}`, { events: [pduOf(fetched)] });
  fake.answer(`/_matrix/federation/v1/event/${encodeURIComponent(lost.eventId)}`, { pdus: [pduOf(lost)] });
  const reply = await send({ pdus: [pduOf(sent)] });
  assert.deepEqual(reply.body, { pdus: { [sent.eventId]: {} } });
  const stateIdsPath = `/_matrix/federation/v1/state_ids/${encodeURIComponent(roomId)}`;
  const { url } = await fake.waitForRequest(stateIdsPath);
  assert.equal(new URL(url, 'https://fake.test').searchParams.get('event_id'), lost.eventId);
  assert.deepEqual(await messages(roomId), []);
  const eventIds = state.map((event: AnyJson) => event.event_id);
  fake.answer(stateIdsPath, { pdu_ids: eventIds, auth_chain_ids: eventIds });
  // What is below the gap belongs to the history, for which the others are asked when somebody reads it.
  fake.answer(`/_matrix/federation/v1/backfill/${encodeURIComponent(roomId)}`, { pdus: [pduOf(lost)] });
  context = (await homeserver.restart()).context;
  assert.deepEqual(await waitForMessages(roomId, 3), ['lost', 'fetched', 'sent']);
});

test('a state event right below a gap is part of the state with which the gap is bridged', async () => {
  const room = await startRoom();
  const { roomId } = room;
  const state: AnyJson[] = await user.call('GET', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state`);
  const change = { type: 'm.room.member', stateKey: room.userId };
  const lost = await room.make({ ...change, content: { membership: 'join', displayname: 'Of late' } });
  const fetched = await room.say('fetched', { prevEventIds: [lost.eventId], depth: 30 });
  const sent = await room.say('sent', { prevEventIds: [fetched.eventId], depth: 31 });
  const eventIds = state.map((event) => event['event_id']);
  const stateIdsPath = `/_matrix/federation/v1/state_ids/${encodeURIComponent(roomId)}`;
  fake.answer(`/_matrix/federation/v1/get_missing_events/${encodeURIComponent(roomId)}`, { events: [pduOf(fetched)] });
  fake.answer(`/_matrix/federation/v1/event/${encodeURIComponent(lost.eventId)}`, { pdus: [pduOf(lost)] });
  fake.answer(stateIdsPath, (response, { url }) => {
    if (url.includes(encodeURIComponent(lost.eventId))) return { pdu_ids: eventIds, auth_chain_ids: eventIds };
    response.statusCode = 404;
    return { errcode: 'M_NOT_FOUND', error: 'not told' };
  });
  await send({ pdus: [pduOf(sent)] });
  while (!(await messages(roomId)).includes('sent')) await context.clock.sleep(20);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.member/`;
  assert.equal((await user.call('GET', `${path}${encodeURIComponent(room.userId)}`)).displayname, 'Of late');
});

test('a state of which not all could be fetched bridges no gap', async () => {
  const room = await startRoom();
  const { roomId, userId } = room;
  const renamed = await room.make({
    ...{ type: 'm.room.member', stateKey: userId },
    content: { membership: 'join', displayname: 'New name' },
  });
  const lost = await room.say('lost', { prevEventIds: [renamed.eventId], depth: 29 });
  const fetched = await room.say('fetched', { prevEventIds: [lost.eventId], depth: 30 });
  const sent = await room.say('sent', { prevEventIds: [fetched.eventId], depth: 31 });
  const statePath = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state`;
  const state: AnyJson[] = await user.call('GET', statePath);
  const eventIds = state.map((event) => (event['state_key'] === userId ? renamed.eventId : event['event_id']));
  fake.answer(`/_matrix/federation/v1/get_missing_events/${encodeURIComponent(roomId)}`, { events: [pduOf(fetched)] });
  fake.answer(`/_matrix/federation/v1/event/${encodeURIComponent(lost.eventId)}`, { pdus: [pduOf(lost)] });
  fake.answer(`/_matrix/federation/v1/state_ids/${encodeURIComponent(roomId)}`, {
    ...{ pdu_ids: eventIds, auth_chain_ids: eventIds },
  });
  const eventPath = `/_matrix/federation/v1/event/${encodeURIComponent(renamed.eventId)}`;
  let isThere = false;
  fake.answer(eventPath, (response) => (isThere ? { pdus: [pduOf(renamed)] } : void response.destroy()));
  await send({ pdus: [pduOf(sent)] });
  // A request whose connection breaks is sent a second time.
  while (fake.requests.filter(({ url }) => url.startsWith(eventPath)).length < 2) await context.clock.sleep(20);
  isThere = true;
  // Who is heard from is asked again at once.
  for (let tries = 0; tries < 200 && !(await messages(roomId)).includes('sent'); tries++) await send({ pdus: [] });
  const member = await user.call('GET', `${statePath}/m.room.member/${encodeURIComponent(userId)}`);
  assert.equal(member.displayname, 'New name');
  assert.deepEqual(await messages(roomId), ['fetched', 'sent']);
});

test('a state waits for the keys of what belongs to it before it bridges a gap', async (t) => {
  const room = await startRoom();
  const { roomId } = room;
  const mute = await startFakeServer(federation.network, 'mute.test');
  t.after(() => mute.stop());
  let isMute = true;
  mute.answer('/_matrix/key/v2/server', (response) => {
    if (!isMute) return mute.publishKeys();
    response.writeHead(503).end('{}');
    return undefined;
  });
  const known = (await findRoom(context, roomId)) as NonNullable<Awaited<ReturnType<typeof findRoom>>>;
  const userId = '@user:mute.test';
  const join = { type: 'm.room.member', sender: userId, stateKey: userId, content: { membership: 'join' } };
  const keys = selectAuthEvents(room.rules, { ...join, state_key: userId });
  const joined = makeFakeEvent(mute, room.rules, {
    ...{ ...join, roomId, depth: 28, prevEvents: await readExtremityIds(context, known, 20) },
    authEvents: (await readState(context, known, { keys })).map(({ eventId }) => eventId),
  });
  const lost = await room.say('lost', { prevEventIds: [joined.eventId], depth: 29 });
  const fetched = await room.say('fetched', { prevEventIds: [lost.eventId], depth: 30 });
  const sent = await room.say('sent', { prevEventIds: [fetched.eventId], depth: 31 });
  const statePath = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state`;
  const before: string[] = (await user.call('GET', statePath)).map((event: AnyJson) => event.event_id);
  fake.answer(`/_matrix/federation/v1/get_missing_events/${encodeURIComponent(roomId)}`, { events: [pduOf(fetched)] });
  fake.answer(`/_matrix/federation/v1/event/${encodeURIComponent(lost.eventId)}`, { pdus: [pduOf(lost)] });
  fake.answer(`/_matrix/federation/v1/event/${encodeURIComponent(joined.eventId)}`, { pdus: [pduOf(joined)] });
  fake.answer(`/_matrix/federation/v1/backfill/${encodeURIComponent(roomId)}`, { pdus: [] });
  const stateIdsPath = `/_matrix/federation/v1/state_ids/${encodeURIComponent(roomId)}`;
  fake.answer(stateIdsPath, { pdu_ids: [...before, joined.eventId], auth_chain_ids: before });
  await send({ pdus: [pduOf(sent)] });
  // It is asked again, and is as incomplete as before.
  while (fake.requests.filter(({ url }) => url.startsWith(stateIdsPath)).length < 3) await send({ pdus: [] });
  assert.deepEqual(await messages(roomId), []);
  isMute = false;
  // Otherwise the key is asked for again only after some time.
  context = (await homeserver.restart()).context;
  while (!(await messages(roomId)).includes('sent')) await send({ pdus: [] });
  const member = await user.call('GET', `${statePath}/m.room.member/${encodeURIComponent(userId)}`);
  assert.equal(member.membership, 'join');
  assert.deepEqual(await messages(roomId), ['fetched', 'sent']);
});

for (const agree of [true, false]) {
  const asked = agree ? 'is taken where it agrees with the others' : 'is not taken where the others have more';
  test(`of several events before one above a gap, the state at the only one that is missing ${asked}`, async () => {
    const room = await startRoom();
    const { roomId } = room;
    const [here] = await user
      .call('GET', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1`)
      .then(({ chunk }) => chunk.map((event: AnyJson) => event.event_id));
    const lost = await room.say('lost');
    const fetched = await room.say('fetched', { prevEventIds: [lost.eventId, here], depth: 30 });
    const sent = await room.say('sent', { prevEventIds: [fetched.eventId], depth: 31 });
    const state = await user.call('GET', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state`);
    const all = state.map((event: AnyJson) => event.event_id);
    const some = state.flatMap((event: AnyJson) => (event.type === 'm.room.join_rules' ? [] : [event.event_id]));
    const stateIdsPath = `/_matrix/federation/v1/state_ids/${encodeURIComponent(roomId)}`;
    const stateAt = (url: string) => new URL(url, 'https://fake.test').searchParams.get('event_id');
    fake.answer(`/_matrix/federation/v1/get_missing_events/${encodeURIComponent(roomId)}`, {
      events: [pduOf(fetched)],
    });
    fake.answer(`/_matrix/federation/v1/event/${encodeURIComponent(lost.eventId)}`, { pdus: [pduOf(lost)] });
    fake.answer(`/_matrix/federation/v1/backfill/${encodeURIComponent(roomId)}`, { pdus: [pduOf(lost)] });
    fake.answer(stateIdsPath, (_response, { url }) => {
      const ids = stateAt(url) === lost.eventId && !agree ? some : all;
      return { pdu_ids: ids, auth_chain_ids: all };
    });
    await send({ pdus: [pduOf(sent)] });
    assert.deepEqual(await waitForMessages(roomId, 3), ['lost', 'fetched', 'sent']);
    const questions = fake.requests.filter(({ url }) => url.startsWith(stateIdsPath)).map(({ url }) => stateAt(url));
    assert.deepEqual([questions[0], questions.includes(fetched.eventId)], [lost.eventId, !agree]);
  });
}

test('a server that was away for long is told the newest events, and what lies in between gets its place in its order', async () => {
  const room = new FakeRoom(fake, 'long-away');
  await joinFakeRoom({ ...homeserver, context }, room, user);
  const first = room.events.length;
  const said = Array.from({ length: 1_150 }, (_, index) => room.say(`${index}`));
  room.serve();
  const bothSent = Promise.withResolvers<void>();
  // As little as servers give, and the newest first: below the older one of two gaps nothing is told with the newer one.
  fake.answer(`/_matrix/federation/v1/get_missing_events/${encodeURIComponent(room.roomId)}`, async (_, { body }) => {
    await bothSent.promise;
    const latest = (body?.['latest_events'] ?? []) as string[];
    const end = Math.max(...latest.map((eventId) => room.events.indexOf(room.find(eventId))));
    return { events: room.events.slice(Math.max(first, end - 20), end).map(pduOf) };
  });
  assert.equal((await send({ pdus: [pduOf(said[500] as BuiltEvent)] })).status, 200);
  const name = await findRoom(context, room.roomId);
  assert.ok(name);
  const sending = send({ pdus: [pduOf(room.newest)] });
  while ((await readWaitingEvents(context, name, 5)).length < 2) await context.clock.sleep(20);
  bothSent.resolve();
  assert.equal((await sending).status, 200);
  while (!(await messages(room.roomId)).includes('1149')) await context.clock.sleep(50);
  const placed = await context.database<{ eventId: string }[]>`
    SELECT event_id AS "eventId" FROM event WHERE flags & 64 = 0 AND position > 0
      AND room = (SELECT id FROM room WHERE room_id = ${room.roomId}) ORDER BY position`;
  const ids = new Set(said.map(({ eventId }) => eventId));
  assert.deepEqual(
    placed.flatMap(({ eventId }) => (ids.has(eventId) ? eventId : [])),
    said.map(({ eventId }) => eventId),
  );
});

test('an event whose server does not tell what comes before it is dropped, and taken when that has come', async () => {
  const room = await startRoom();
  const before = await room.say('before');
  const after = await room.say('after', { prevEventIds: [before.eventId], depth: 30 });
  const path = `/_matrix/federation/v1/get_missing_events/${encodeURIComponent(room.roomId)}`;
  fake.answer(path, { events: [] });
  const reply = await send({ pdus: [pduOf(after)] });
  const name = await findRoom(context, room.roomId);
  assert.ok(name);
  // The reply waits for that only for a moment.
  if ('error' in reply.body.pdus[after.eventId]) assert.equal((await readWaitingEvents(context, name, 1)).length, 0);
  while ((await readWaitingEvents(context, name, 1)).length > 0) await context.clock.sleep(20);
  await send({ pdus: [pduOf(before)] });
  assert.deepEqual(await messages(room.roomId), ['before']);
  await send({ pdus: [pduOf(after)] });
  assert.deepEqual(await messages(room.roomId), ['before', 'after']);
});
