import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestRoom, joinRoom, leaveRoom, say, setState } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let alice: TestUser;
let bob: TestUser;
let carol: TestUser;
let dave: TestUser;

before(async () => {
  homeserver = await startTestHomeserver();
  const names = ['alice', 'bob', 'carol', 'dave'];
  [alice, bob, carol, dave] = (await Promise.all(names.map((name) => registerUser(homeserver.baseUrl, name)))) as [
    TestUser,
    TestUser,
    TestUser,
    TestUser,
  ];
});
after(() => homeserver.stop());

const lazy = (timeline: object = { limit: 2 }, state: object = {}) => ({
  filter: { room: { timeline, state: { lazy_load_members: true, ...state } } },
});
const membersIn = (events: AnyJson): string[] =>
  events.flatMap((event: AnyJson) => (event.type === 'm.room.member' ? event.state_key : [])).sort();
const ids = (...users: TestUser[]) => users.map(({ userId }) => userId).sort();

async function namedRoom(): Promise<string> {
  const roomId = await createTestRoom(alice, { name: 'named: no heroes' });
  for (const user of [bob, carol, dave]) await joinRoom(user, roomId);
  return roomId;
}

test('an initial sync has the members who speak in the timeline, and the user', async () => {
  const roomId = await namedRoom();
  await say(carol, roomId, 'one');
  await say(carol, roomId, 'two');
  const room = (await syncClient(bob).next(lazy())).rooms.join[roomId];
  assert.deepEqual(membersIn(room.state.events), ids(bob, carol));
  assert.ok(room.state.events.some((event: AnyJson) => event.type === 'm.room.create'));
});

test('a member is sent with the first message and not again, unless the client asks for it', async () => {
  const roomId = await namedRoom();
  for (let i = 0; i < 2; i++) await say(carol, roomId, 'filling');
  const client = syncClient(bob);
  await client.next(lazy());
  await say(dave, roomId, 'one');
  assert.deepEqual(membersIn((await client.next(lazy())).rooms.join[roomId].state.events), ids(dave));
  await say(dave, roomId, 'two');
  const since = client.since;
  assert.deepEqual(membersIn((await client.next(lazy())).rooms.join[roomId].state.events), []);
  const redundant = await client.from(since, lazy({ limit: 2 }, { include_redundant_members: true }));
  assert.deepEqual(membersIn(redundant.rooms.join[roomId].state.events), ids(dave));
});

test('a reply that the client did not get does not count as sent', async () => {
  const roomId = await namedRoom();
  for (let i = 0; i < 2; i++) await say(carol, roomId, 'filling');
  const client = syncClient(bob);
  await client.next(lazy());
  await say(dave, roomId, 'lost');
  await client.from(client.since, lazy());
  assert.deepEqual(membersIn((await client.next(lazy())).rooms.join[roomId].state.events), ids(dave));
});

test('a member who just joined and speaks is told by the timeline alone', async () => {
  const roomId = await createTestRoom(alice, { name: 'named' });
  await joinRoom(bob, roomId);
  const client = syncClient(bob);
  await client.next(lazy());
  await joinRoom(carol, roomId);
  await say(carol, roomId, 'hello');
  const room = (await client.next(lazy({ limit: 10 }))).rooms.join[roomId];
  assert.deepEqual(membersIn(room.timeline.events), ids(carol));
  assert.deepEqual(membersIn(room.state.events), []);
});

test('members who came and went in a gap are told, redundant or not', async () => {
  const roomId = await namedRoom();
  const client = syncClient(bob);
  await client.next(lazy({ limit: 20 }));
  await leaveRoom(dave, roomId);
  await setState(alice, roomId, 'm.room.member', { membership: 'join', displayname: 'Alice' }, alice.userId);
  for (let i = 0; i < 4; i++) await say(carol, roomId, 'filling');
  const room = (await client.next(lazy({ limit: 2 }))).rooms.join[roomId];
  assert.equal(room.timeline.limited, true);
  assert.deepEqual(membersIn(room.state.events), ids(alice, dave));
  await joinRoom(dave, roomId);
});

test('who wrote under another name before a change in the timeline is told as of then', async () => {
  const roomId = await namedRoom();
  const rename = (displayname: string) =>
    setState(carol, roomId, 'm.room.member', { membership: 'join', displayname }, carol.userId);
  await rename('Old');
  for (let i = 0; i < 2; i++) await say(alice, roomId, 'filling');
  const client = syncClient(bob);
  await client.next(lazy());
  await say(carol, roomId, 'by the old name');
  await rename('New');
  const room = (await client.next(lazy())).rooms.join[roomId];
  const [member] = room.state.events;
  assert.equal(member.content.displayname, 'Old');
  const after = (await syncClient(bob).next({ ...lazy(), stateAfter: true })).rooms.join[roomId];
  const now = after.state_after.events.find((event: AnyJson) => event.state_key === carol.userId);
  assert.equal(now.content.displayname, 'New');
});

test('members after whom a room without a name is called come with it', async () => {
  const roomId = await createTestRoom(alice);
  for (const user of [bob, carol]) await joinRoom(user, roomId);
  for (let i = 0; i < 3; i++) await say(carol, roomId, 'filling');
  const room = (await syncClient(bob).next(lazy())).rooms.join[roomId];
  assert.deepEqual(room.summary['m.heroes'].sort(), ids(alice, carol));
  assert.deepEqual(membersIn(room.state.events), ids(alice, bob, carol));
});
