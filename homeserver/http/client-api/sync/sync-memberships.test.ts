import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { collectLog } from '../../../testing/collect-log.ts';
import { changeMember, createTestRoom, joinRoom, leaveRoom, say, setState } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type SyncParameters, syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let alice: TestUser;
let users = 0;
const { log, records } = collectLog();

before(async () => {
  homeserver = await startTestHomeserver({ log });
  alice = await registerUser(homeserver.baseUrl, 'alice');
});
after(async () => {
  await homeserver.stop();
  assert.deepEqual(
    records.filter(({ level }) => level === 'error'),
    [],
  );
});

const newUser = () => registerUser(homeserver.baseUrl, `user${users++}`);
const bodies = (room: AnyJson): string[] =>
  room.timeline.events.map((event: AnyJson) => event.content.body ?? event.content.membership ?? event.type);
const large: SyncParameters = { filter: { room: { timeline: { limit: 50 } } } };

async function inviteOnlyRoom(body: object = {}): Promise<string> {
  return await createTestRoom(alice, { preset: 'private_chat', name: 'Cellar', ...body });
}

test('an invite wakes its target, with the stripped state of the room and who invited', async () => {
  const roomId = await inviteOnlyRoom({ topic: 'Wine' });
  const bob = await newUser();
  const client = syncClient(bob);
  await client.next();
  const waiting = client.next({ timeout: 10_000 });
  await changeMember(alice, roomId, 'invite', bob);
  const { events } = (await waiting).rooms.invite[roomId].invite_state;
  const member = events.find((event: AnyJson) => event.state_key === bob.userId);
  assert.deepEqual([member.content.membership, member.sender], ['invite', alice.userId]);
  const found = new Set(events.map((event: AnyJson) => event.type));
  for (const type of ['m.room.create', 'm.room.name', 'm.room.topic', 'm.room.join_rules']) assert.ok(found.has(type));
  for (const event of events) {
    const time = event.type === 'm.room.create' ? ['origin_server_ts'] : [];
    assert.deepEqual(Object.keys(event).sort(), ['content', ...time, 'sender', 'state_key', 'type']);
  }
  assert.equal((await client.next()).rooms, undefined);
  assert.ok((await syncClient(bob).next()).rooms.invite[roomId]);
});

test('a rejected invite is told once, as a left room', async () => {
  const roomId = await inviteOnlyRoom();
  const bob = await newUser();
  await changeMember(alice, roomId, 'invite', bob);
  const client = syncClient(bob);
  await client.next();
  await leaveRoom(bob, roomId);
  const { rooms } = await client.next();
  assert.deepEqual(bodies(rooms.leave[roomId]), ['leave']);
  assert.equal(rooms.invite, undefined);
  assert.equal((await client.next()).rooms, undefined);
  assert.equal((await syncClient(bob).next()).rooms, undefined);
});

test('a room that was joined since is told whole, with history as its visibility allows', async () => {
  const roomId = await createTestRoom(alice);
  await say(alice, roomId, 'before');
  const bob = await newUser();
  const client = syncClient(bob);
  await client.next();
  const waiting = client.next({ timeout: 10_000, ...large });
  await joinRoom(bob, roomId);
  const room = (await waiting).rooms.join[roomId];
  assert.ok(bodies(room).includes('before'));
  assert.equal(bodies(room).at(-1), 'join');
  const [shared, own] = room.timeline.events.slice(-2);
  assert.equal(shared.unsigned.membership, 'leave');
  assert.equal(own.unsigned.membership, 'join');
  assert.equal(room.summary['m.joined_member_count'], 2);
});

test('history that is for members alone is not told to who joins later', async () => {
  const roomId = await createTestRoom(alice);
  await setState(alice, roomId, 'm.room.history_visibility', { history_visibility: 'joined' });
  await say(alice, roomId, 'hidden');
  const bob = await newUser();
  await joinRoom(bob, roomId);
  await say(alice, roomId, 'shown');
  const room = (await syncClient(bob).next(large)).rooms.join[roomId];
  const texts = bodies(room);
  assert.ok(!texts.includes('hidden'));
  assert.deepEqual(texts.slice(-2), ['join', 'shown']);
});

test('history for the invited begins with the invite', async () => {
  const roomId = await inviteOnlyRoom();
  await setState(alice, roomId, 'm.room.history_visibility', { history_visibility: 'invited' });
  await say(alice, roomId, 'hidden');
  const bob = await newUser();
  await changeMember(alice, roomId, 'invite', bob);
  await say(alice, roomId, 'while invited');
  await joinRoom(bob, roomId);
  const texts = bodies((await syncClient(bob).next(large)).rooms.join[roomId]);
  assert.ok(texts.includes('while invited'));
  assert.ok(!texts.includes('hidden'));
});

test('who is kicked is woken and sees the room up to that, and nothing that was said after', async () => {
  const roomId = await createTestRoom(alice);
  const bob = await newUser();
  await joinRoom(bob, roomId);
  const client = syncClient(bob);
  await client.next();
  await say(alice, roomId, 'last words');
  await client.next();
  const waiting = client.next({ timeout: 10_000 });
  await changeMember(alice, roomId, 'kick', bob);
  const { rooms } = await waiting;
  assert.deepEqual(bodies(rooms.leave[roomId]), ['leave']);
  assert.equal(rooms.join, undefined);
  await say(alice, roomId, 'behind the door');
  assert.equal((await client.next()).rooms, undefined);
});

test('messages, a kick and a ban since the token make one left room that ends with the ban', async () => {
  const roomId = await createTestRoom(alice);
  const bob = await newUser();
  await joinRoom(bob, roomId);
  const client = syncClient(bob);
  await client.next();
  await say(alice, roomId, 'seen');
  await changeMember(alice, roomId, 'kick', bob);
  await setState(alice, roomId, 'm.room.history_visibility', { history_visibility: 'joined' });
  await say(alice, roomId, 'not seen');
  await changeMember(alice, roomId, 'ban', bob);
  const room = (await client.next()).rooms.leave[roomId];
  assert.deepEqual(bodies(room), ['seen', 'leave', 'ban']);
});

test('who leaves and comes back within one token gets the room whole', async () => {
  const roomId = await createTestRoom(alice);
  const bob = await newUser();
  await joinRoom(bob, roomId);
  const client = syncClient(bob);
  await client.next();
  await leaveRoom(bob, roomId);
  await setState(alice, roomId, 'm.room.topic', { topic: 'while away' });
  await joinRoom(bob, roomId);
  const { rooms } = await client.next({ filter: { room: { timeline: { limit: 1 } } } });
  const state = rooms.join[roomId].state.events.map((event: AnyJson) => event.type);
  assert.ok(state.includes('m.room.create') && state.includes('m.room.topic'));
  assert.deepEqual(bodies(rooms.join[roomId]), ['join']);
  assert.equal(rooms.leave, undefined);
});

test('left rooms are in an initial sync only when the filter asks for them', async () => {
  const roomId = await createTestRoom(alice);
  const bob = await newUser();
  await joinRoom(bob, roomId);
  await say(alice, roomId, 'seen');
  await leaveRoom(bob, roomId);
  await say(alice, roomId, 'not seen');
  assert.equal((await syncClient(bob).next()).rooms, undefined);
  const reply = await syncClient(bob).next({ filter: { room: { include_leave: true } } });
  assert.deepEqual(bodies(reply.rooms.leave[roomId]).slice(-2), ['seen', 'leave']);
  await bob.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/forget`, {});
  assert.equal((await syncClient(bob).next({ filter: { room: { include_leave: true } } })).rooms, undefined);
});

test('who was banned learns of it in an initial sync, too', async () => {
  const roomId = await createTestRoom(alice);
  const bob = await newUser();
  await joinRoom(bob, roomId);
  await changeMember(alice, roomId, 'ban', bob);
  await say(alice, roomId, 'not seen');
  const { rooms } = await syncClient(bob).next();
  assert.equal(rooms.leave[roomId].timeline.events.at(-1).content.membership, 'ban');
});

test('a knock is told to who knocks, and is over with the invite', async () => {
  const roomId = await inviteOnlyRoom();
  await setState(alice, roomId, 'm.room.join_rules', { join_rule: 'knock' });
  const bob = await newUser();
  const client = syncClient(bob);
  await client.next();
  await bob.call('POST', `/_matrix/client/v3/knock/${encodeURIComponent(roomId)}`, { reason: 'please' });
  const { events } = (await client.next()).rooms.knock[roomId].knock_state;
  assert.equal(events.find((event: AnyJson) => event.state_key === bob.userId).content.membership, 'knock');
  await changeMember(alice, roomId, 'invite', bob);
  const { rooms } = await client.next();
  assert.ok(rooms.invite[roomId]);
  assert.equal(rooms.knock, undefined);
});

test('of ignored users there are no messages and no invites, but their state', async () => {
  const roomId = await createTestRoom(alice);
  const [bob, eve] = [await newUser(), await newUser()];
  for (const user of [bob, eve]) await joinRoom(user, roomId);
  const client = syncClient(bob);
  await client.next();
  const path = `/_matrix/client/v3/user/${bob.userId}/account_data/m.ignored_user_list`;
  await bob.call('PUT', path, { ignored_users: { [eve.userId]: {} } });
  const other = await inviteOnlyRoom();
  await changeMember(alice, other, 'invite', eve);
  await joinRoom(eve, other);
  await changeMember(eve, other, 'invite', bob);
  await say(eve, roomId, 'ignored');
  await leaveRoom(eve, roomId);
  await say(alice, roomId, 'heard');
  const { rooms } = await client.next();
  assert.deepEqual(bodies(rooms.join[roomId]), ['leave', 'heard']);
  assert.equal(rooms.invite, undefined);
  await bob.call('PUT', path, { ignored_users: {} });
  await joinRoom(eve, roomId);
  await say(eve, roomId, 'back');
  assert.deepEqual(bodies((await client.next()).rooms.join[roomId]), ['join', 'back']);
});

test('a room without a name is called after its members, and a member who comes is told in the summary', async () => {
  const roomId = await createTestRoom(alice);
  const [bob, carol] = [await newUser(), await newUser()];
  await joinRoom(bob, roomId);
  const client = syncClient(bob);
  const first = (await client.next()).rooms.join[roomId].summary;
  assert.deepEqual(first['m.heroes'], [alice.userId]);
  await joinRoom(carol, roomId);
  const second = (await client.next()).rooms.join[roomId].summary;
  assert.deepEqual(second, {
    'm.heroes': [alice.userId, carol.userId],
    'm.joined_member_count': 3,
    'm.invited_member_count': 0,
  });
  await say(alice, roomId, 'nothing changed');
  assert.equal((await client.next()).rooms.join[roomId].summary, undefined);
});
