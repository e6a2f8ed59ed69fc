import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findRoom } from '../../../storage/names/room-names.ts';
import { readOwnPushRules } from '../../../storage/sync/read-own-push-rules.ts';
import { readUnreadCounts, type Unread } from '../../../storage/sync/read-unread-counts.ts';
import { createTestRoom, joinRoom, readUpTo, say, sendEvent, setState } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type SyncClient, syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let alice: TestUser;
let bob: TestUser;
let carol: TestUser;

before(async () => {
  homeserver = await startTestHomeserver();
  const names = ['alice', 'bob', 'carol'];
  [alice, bob, carol] = (await Promise.all(names.map((name) => registerUser(homeserver.baseUrl, name)))) as [
    TestUser,
    TestUser,
    TestUser,
  ];
});
after(() => homeserver.stop());

const byThread = { room: { timeline: { unread_thread_notifications: true } } };

interface Counts {
  readonly main: readonly [notifications: number, highlights: number];
  readonly threads: Readonly<Record<string, readonly [notifications: number, highlights: number]>>;
}

/** A room in which everybody has read everything, and bob's client in it. */
async function readRoom(): Promise<{ roomId: string; client: SyncClient }> {
  const roomId = await createTestRoom(alice);
  for (const user of [bob, carol]) await joinRoom(user, roomId);
  const client = syncClient(bob);
  await client.next();
  return { roomId, client };
}

/** What a user is told by the process that followed along, after making sure that the tables say the same. */
async function unreadCounts(client: SyncClient, roomId: string, ownRules = false): Promise<Counts> {
  const told = countsIn((await client.next({ filter: byThread })).rooms.join[roomId]);
  const { context } = homeserver;
  const room = await findRoom(context, roomId);
  assert.ok(room);
  const { userId } = client.user;
  const from = ownRules ? (await readOwnPushRules(context, userId))?.countsFrom : undefined;
  const counts = (await readUnreadCounts(context, userId, [room.id], from)).get(room.id);
  const pair = ({ notifications, highlights }: Unread) => [notifications, highlights] as const;
  assert.ok(counts);
  const threads = Object.fromEntries([...counts.threads].map(([root, unread]) => [root, pair(unread)]));
  assert.deepEqual({ main: pair(counts.main), threads }, told, 'the tables say something else');
  return told;
}

function countsIn(room: AnyJson): Counts {
  const pair = (counts: AnyJson) => [counts.notification_count, counts.highlight_count] as const;
  const threads = Object.entries<AnyJson>(room.unread_thread_notifications ?? {});
  return {
    main: pair(room.unread_notifications),
    threads: Object.fromEntries(threads.map(([root, counts]) => [root, pair(counts)])),
  };
}

const inThread = (root: string) => ({ 'm.relates_to': { rel_type: 'm.thread', event_id: root } });
const mentioning = (...users: TestUser[]) => ({ 'm.mentions': { user_ids: users.map(({ userId }) => userId) } });

test('messages count from the join on, and state and reactions do not', async () => {
  const roomId = await createTestRoom(alice);
  await say(alice, roomId, 'before');
  const client = syncClient(bob);
  await client.next();
  await joinRoom(bob, roomId);
  await joinRoom(carol, roomId);
  const eventId = await say(alice, roomId, 'one');
  await say(alice, roomId, 'two');
  await setState(alice, roomId, 'm.room.topic', { topic: 'no message' });
  await sendEvent(alice, roomId, 'm.reaction', {
    'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key: '+' },
  });
  assert.deepEqual(await unreadCounts(client, roomId), { main: [2, 0], threads: {} });
});

for (const type of ['m.read', 'm.read.private']) {
  test(`a receipt of type ${type} takes away what came before it`, async () => {
    const { roomId, client } = await readRoom();
    await say(alice, roomId, 'one');
    const second = await say(alice, roomId, 'two');
    await say(alice, roomId, 'three');
    assert.deepEqual(await unreadCounts(client, roomId), { main: [3, 0], threads: {} });
    await readUpTo(bob, roomId, second, { type });
    assert.deepEqual(await unreadCounts(client, roomId), { main: [1, 0], threads: {} });
  });
}

test('the farther of a public and a private receipt counts', async () => {
  const { roomId, client } = await readRoom();
  const first = await say(alice, roomId, 'one');
  const second = await say(alice, roomId, 'two');
  await readUpTo(bob, roomId, second, { type: 'm.read.private' });
  await readUpTo(bob, roomId, first);
  assert.deepEqual(await unreadCounts(client, roomId), { main: [0, 0], threads: {} });
});

test("one's own message marks what came before as read", async () => {
  const { roomId, client } = await readRoom();
  await say(alice, roomId, 'one');
  await say(bob, roomId, 'answer');
  await say(alice, roomId, 'two');
  assert.deepEqual(await unreadCounts(client, roomId), { main: [1, 0], threads: {} });
});

test('a changed display name marks nothing as read', async () => {
  const { roomId, client } = await readRoom();
  await say(alice, roomId, 'one');
  await setState(bob, roomId, 'm.room.member', { membership: 'join', displayname: 'Bobby' }, bob.userId);
  assert.deepEqual(await unreadCounts(client, roomId), { main: [1, 0], threads: {} });
});

test('a mention highlights for the mentioned alone, and of a notice for nobody', async () => {
  const { roomId, client } = await readRoom();
  await say(alice, roomId, 'bob!', mentioning(bob));
  await say(alice, roomId, 'carol!', mentioning(carol));
  await say(alice, roomId, 'psst bob', { msgtype: 'm.notice', ...mentioning(bob) });
  assert.deepEqual(await unreadCounts(client, roomId), { main: [2, 1], threads: {} });
});

test('a mention in an event that notifies nobody else counts for the mentioned', async () => {
  const { roomId, client } = await readRoom();
  await sendEvent(alice, roomId, 'org.example.poke', mentioning(bob));
  await sendEvent(alice, roomId, 'org.example.poke', {});
  assert.deepEqual(await unreadCounts(client, roomId), { main: [1, 1], threads: {} });
});

test('a mention of the whole room highlights for everybody', async () => {
  const { roomId, client } = await readRoom();
  await say(alice, roomId, '@room', { 'm.mentions': { room: true } });
  assert.deepEqual(await unreadCounts(client, roomId), { main: [1, 1], threads: {} });
  await say(alice, roomId, '@room and bob', { 'm.mentions': { room: true, user_ids: [bob.userId] } });
  assert.deepEqual(await unreadCounts(client, roomId), { main: [2, 2], threads: {} });
});

test('threads count apart, or with the main timeline for clients that do not ask for them', async () => {
  const { roomId, client } = await readRoom();
  const root = await say(alice, roomId, 'root');
  await say(alice, roomId, 'in thread', inThread(root));
  await say(carol, roomId, 'bob, in thread', { ...inThread(root), ...mentioning(bob) });
  assert.deepEqual(await unreadCounts(client, roomId), { main: [1, 0], threads: { [root]: [2, 1] } });
  await say(alice, roomId, 'main');
  assert.deepEqual(countsIn((await client.next()).rooms.join[roomId]), { main: [4, 1], threads: {} });
});

test('threaded receipts read their own timeline, an unthreaded one reads all', async () => {
  const { roomId, client } = await readRoom();
  const root = await say(alice, roomId, 'root');
  const first = await say(alice, roomId, 'in thread', inThread(root));
  await say(alice, roomId, 'more in thread', inThread(root));
  const main = await say(alice, roomId, 'main');
  await readUpTo(bob, roomId, main, { threadId: 'main' });
  assert.deepEqual(await unreadCounts(client, roomId), { main: [0, 0], threads: { [root]: [2, 0] } });
  await readUpTo(bob, roomId, first, { threadId: root });
  assert.deepEqual(await unreadCounts(client, roomId), { main: [0, 0], threads: { [root]: [1, 0] } });
  const last = await say(alice, roomId, 'main again');
  await readUpTo(bob, roomId, last);
  assert.deepEqual(await unreadCounts(client, roomId), { main: [0, 0], threads: {} });
});

test("one's own message in a thread marks the thread as read and nothing else", async () => {
  const { roomId, client } = await readRoom();
  const root = await say(alice, roomId, 'root');
  await say(alice, roomId, 'in thread', inThread(root));
  await say(bob, roomId, 'answer in thread', inThread(root));
  assert.deepEqual(await unreadCounts(client, roomId), { main: [1, 0], threads: {} });
});

test('with push rules of their own, members are counted by those', async () => {
  const { roomId, client } = await readRoom();
  await carol.call('PUT', '/_matrix/client/v3/pushrules/global/content/tea', {
    pattern: 'tea',
    actions: ['notify', { set_tweak: 'highlight' }],
  });
  await carol.call('PUT', `/_matrix/client/v3/pushrules/global/room/${encodeURIComponent(roomId)}`, { actions: [] });
  const carolClient = syncClient(carol);
  await carolClient.next();
  await say(alice, roomId, 'coffee?');
  await say(alice, roomId, 'or tea?');
  assert.deepEqual(await unreadCounts(carolClient, roomId, true), { main: [1, 1], threads: {} });
  assert.deepEqual(await unreadCounts(client, roomId), { main: [2, 0], threads: {} });
});

test('what was unread before a member first changed a push rule stays unread, until it is read', async () => {
  const dora = await registerUser(homeserver.baseUrl, 'dora');
  const { roomId } = await readRoom();
  await joinRoom(dora, roomId);
  const client = syncClient(dora);
  await client.next();
  const root = await say(alice, roomId, 'root');
  await say(alice, roomId, 'for you', { 'm.mentions': { user_ids: [dora.userId] } });
  await say(alice, roomId, 'for all', { 'm.mentions': { room: true } });
  await say(alice, roomId, 'in thread', inThread(root));
  const before = await unreadCounts(client, roomId);
  assert.deepEqual(before, { main: [3, 2], threads: { [root]: [1, 0] } });
  const path = `/_matrix/client/v3/pushrules/global/room/${encodeURIComponent(roomId)}`;
  await dora.call('PUT', path, { actions: [] });
  await say(alice, roomId, 'quiet');
  await say(alice, roomId, 'quiet too', inThread(root));
  const last = await say(alice, roomId, 'for you again', { 'm.mentions': { user_ids: [dora.userId] } });
  assert.deepEqual(await unreadCounts(client, roomId, true), { main: [4, 3], threads: { [root]: [1, 0] } });
  await readUpTo(dora, roomId, last);
  await say(alice, roomId, 'quiet still');
  assert.deepEqual(await unreadCounts(client, roomId, true), { main: [0, 0], threads: {} });
  await dora.call('DELETE', path);
  await say(alice, roomId, 'loud');
  const [notifications] = (await unreadCounts(client, roomId)).main;
  assert.equal(notifications, 2, 'by the predefined rules again');
});
