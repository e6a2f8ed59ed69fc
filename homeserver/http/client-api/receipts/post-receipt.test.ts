import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestRoom, joinRoom, readUpTo, say, sendEvent } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let alice: TestUser;
let bob: TestUser;
let eve: TestUser;
let roomId: string;

before(async () => {
  homeserver = await startTestHomeserver();
  [alice, bob, eve] = (await Promise.all(
    ['alice', 'bob', 'eve'].map((name) => registerUser(homeserver.baseUrl, name)),
  )) as [TestUser, TestUser, TestUser];
  roomId = await createTestRoom(alice);
  await joinRoom(bob, roomId);
});
after(() => homeserver.stop());

const inThread = (root: string) => ({ 'm.relates_to': { rel_type: 'm.thread', event_id: root } });

/** Contents of the m.receipt events of the room in a reply. */
function receiptsIn(reply: AnyJson): AnyJson {
  const events = reply.rooms?.join?.[roomId]?.ephemeral.events ?? [];
  return events.filter((event: AnyJson) => event.type === 'm.receipt').map((event: AnyJson) => event.content);
}

test('a public receipt wakes the others, and stays for who comes later', async () => {
  const eventId = await say(alice, roomId, 'read me');
  const client = syncClient(alice);
  await client.next();
  const waiting = client.next({ timeout: 10_000 });
  await readUpTo(bob, roomId, eventId);
  const [content] = receiptsIn(await waiting);
  assert.deepEqual(Object.keys(content), [eventId]);
  assert.equal(typeof content[eventId]['m.read'][bob.userId].ts, 'number');
  const [later] = receiptsIn(await syncClient(alice).next());
  assert.ok(later[eventId]['m.read'][bob.userId]);
});

test('a private receipt is told to its owner alone, on every device', async () => {
  const eventId = await say(alice, roomId, 'psst');
  const [aliceClient, bobClient] = [syncClient(alice), syncClient(bob)];
  await Promise.all([aliceClient.next(), bobClient.next()]);
  const waiting = bobClient.next({ timeout: 10_000 });
  await readUpTo(bob, roomId, eventId, { type: 'm.read.private' });
  assert.ok(receiptsIn(await waiting)[0][eventId]['m.read.private'][bob.userId]);
  assert.equal((await aliceClient.next()).rooms, undefined);
  assert.equal(JSON.stringify(await syncClient(alice).next()).includes('m.read.private'), false);
});

test('a receipt that points back changes nothing and wakes nobody', async () => {
  const first = await say(alice, roomId, 'first');
  const second = await say(alice, roomId, 'second');
  await readUpTo(bob, roomId, second);
  const client = syncClient(alice);
  await client.next();
  await readUpTo(bob, roomId, first);
  assert.equal((await client.next()).rooms, undefined);
});

test('receipts of the main timeline, of a thread and of all stand side by side', async () => {
  const root = await say(alice, roomId, 'root');
  const reply = await say(alice, roomId, 'in thread', inThread(root));
  const main = await say(alice, roomId, 'main');
  const client = syncClient(alice);
  await client.next();
  await readUpTo(bob, roomId, main, { threadId: 'main' });
  await readUpTo(bob, roomId, reply, { threadId: root });
  await readUpTo(bob, roomId, reply);
  const [content] = receiptsIn(await client.next());
  assert.equal(content[main]['m.read'][bob.userId].thread_id, 'main');
  assert.equal(content[reply]['m.read'][bob.userId].thread_id, undefined);
});

test('a reaction to a message in a thread is part of the thread, the root also of the main timeline', async () => {
  const root = await say(alice, roomId, 'root');
  const reply = await say(alice, roomId, 'in thread', inThread(root));
  const reaction = await sendEvent(alice, roomId, 'm.reaction', {
    'm.relates_to': { rel_type: 'm.annotation', event_id: reply, key: '+' },
  });
  await readUpTo(bob, roomId, root, { threadId: root });
  await readUpTo(bob, roomId, root, { threadId: 'main' });
  await readUpTo(bob, roomId, reaction, { threadId: root });
});

const path = (type: string, eventId: string, room = roomId) =>
  `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/receipt/${type}/${encodeURIComponent(eventId)}`;

test('what is wrong with a receipt is said', async () => {
  const root = await say(alice, roomId, 'root');
  const reply = await say(alice, roomId, 'in thread', inThread(root));
  const other = await say(alice, await createTestRoom(alice), 'elsewhere');
  const cases: [string, object, number, string][] = [
    [path('m.read', root), { thread_id: '' }, 400, 'M_INVALID_PARAM'],
    [path('m.read', root), { thread_id: 5 }, 400, 'M_INVALID_PARAM'],
    [path('m.read', root), { thread_id: null }, 400, 'M_INVALID_PARAM'],
    [path('m.read', reply), { thread_id: 'main' }, 400, 'M_INVALID_PARAM'],
    [path('m.read', reply), { thread_id: '$unknown' }, 400, 'M_INVALID_PARAM'],
    [path('m.fully_read', root), { thread_id: 'main' }, 400, 'M_INVALID_PARAM'],
    [path('m.delivered', root), {}, 400, 'M_INVALID_PARAM'],
    [path('m.read', '$unknown'), {}, 404, 'M_NOT_FOUND'],
    [path('m.read', other), {}, 404, 'M_NOT_FOUND'],
    [path('m.fully_read', other), {}, 404, 'M_NOT_FOUND'],
    [path('m.read', root, '!nowhere'), {}, 403, 'M_FORBIDDEN'],
  ];
  for (const [url, body, status, errcode] of cases) {
    const answer = await bob.send('POST', url, { body });
    assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], `${url} ${JSON.stringify(body)}`);
  }
  const stranger = await eve.send('POST', path('m.read', root), { body: {} });
  assert.deepEqual([stranger.status, stranger.body.errcode], [403, 'M_FORBIDDEN']);
});

test('read markers move forward together, and the fully read one is account data', async () => {
  const first = await say(alice, roomId, 'first');
  const second = await say(alice, roomId, 'second');
  const client = syncClient(bob);
  await client.next();
  const markers = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/read_markers`;
  await bob.call('POST', markers, { 'm.fully_read': second, 'm.read': second, 'm.read.private': second });
  const reply = await client.next();
  assert.deepEqual(reply.rooms.join[roomId].account_data.events, [
    { type: 'm.fully_read', content: { event_id: second } },
  ]);
  assert.deepEqual(Object.keys(receiptsIn(reply)[0][second]).sort(), ['m.read', 'm.read.private']);
  await bob.call('POST', markers, { 'm.fully_read': first });
  await bob.call('POST', markers, {});
  assert.equal((await client.next()).rooms, undefined);
});
