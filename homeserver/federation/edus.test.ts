import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { readOutbox } from '../storage/devices/read-outbox.ts';
import { type CollectedTransactions, collectTransactions } from '../testing/collect-transactions.ts';
import { putRemoteMember } from '../testing/put-remote-member.ts';
import { createTestRoom, readUpTo, say, setState } from '../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { type SyncClient, syncClient } from '../testing/sync-client.ts';
import { type AnyJson, loginUser, registerUser, type TestUser } from '../testing/test-user.ts';
import { receiveEdu } from './receive-edu.ts';

const bob = '@bob:fake.test';
let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
let fake: FakeServer;
let received: CollectedTransactions;
let context: Context;
let alice: TestUser;
let client: SyncClient;
/** Alice and bob are in it. */
let roomId: string;
/** Alice alone is in it. */
let otherRoomId: string;

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  fake = await startFakeServer(federation.network, 'fake.test');
  received = collectTransactions(fake);
  alice = await registerUser(homeserver.baseUrl, 'alice');
  client = syncClient(alice);
  roomId = await createTestRoom(alice);
  otherRoomId = await createTestRoom(alice);
  await putRemoteMember(homeserver.context, roomId, bob);
  ({ context } = await homeserver.restart());
  await client.next();
});
after(async () => {
  await fake.stop();
  await federation.stop();
});

const receive = (edu_type: string, content: JsonObject, origin = 'fake.test') =>
  receiveEdu(context, origin, { edu_type, content });
const inRoom = (path: string) => `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${path}`;
const ephemeral = (reply: AnyJson, type: string) =>
  reply.rooms?.join?.[roomId]?.ephemeral.events.find((event: AnyJson) => event.type === type)?.content;
const untilEphemeral = async (type: string) =>
  ephemeral(await client.until((reply) => ephemeral(reply, type) !== undefined), type);

/** The first EDU of a type that the fake server was sent and that satisfies. */
async function sentEdu(type: string, satisfies: (content: AnyJson) => boolean): Promise<AnyJson> {
  for (;;) {
    const arrivals = received.arrived.length;
    const edus: AnyJson[] = received.acknowledged.flatMap(({ edus: all }) => all);
    const found = edus.find(({ edu_type, content }) => edu_type === type && satisfies(content));
    if (found) return found.content;
    await received.arrivals(arrivals + 1);
  }
}

test('typing goes both ways, for members of the room and by their own server alone', async () => {
  await alice.call('PUT', inRoom(`typing/${alice.userId}`), { typing: true, timeout: 30_000 });
  const sent = await sentEdu('m.typing', () => true);
  assert.deepEqual(sent, { room_id: roomId, user_id: alice.userId, typing: true });
  await alice.call('PUT', inRoom(`typing/${alice.userId}`), { typing: false });
  await sentEdu('m.typing', ({ typing }) => typing === false);
  await client.next();
  assert.equal(await receive('m.typing', { room_id: roomId, user_id: bob, typing: true }), 'received');
  assert.deepEqual(await untilEphemeral('m.typing'), { user_ids: [bob] });
  const typing = { room_id: roomId, user_id: bob, typing: false };
  const refused = [
    await receive('m.typing', typing, 'other.test'),
    await receive('m.typing', { ...typing, user_id: '@stranger:fake.test' }),
    await receive('m.typing', { ...typing, room_id: '!none:fake.test' }),
    await receive('m.typing', { ...typing, typing: 1 }),
  ];
  assert.deepEqual(refused, ['refused', 'refused', 'refused', 'refused']);
  await receive('m.typing', typing);
  assert.deepEqual(await untilEphemeral('m.typing'), { user_ids: [] });
});

test('public receipts go both ways, threaded ones too, private ones stay', async () => {
  const [first, second] = [await say(alice, roomId, '1'), await say(alice, roomId, '2')];
  await alice.call('POST', inRoom(`receipt/m.read.private/${encodeURIComponent(second)}`), {});
  await readUpTo(alice, roomId, first);
  await alice.call('POST', inRoom(`receipt/m.read/${encodeURIComponent(second)}`), { thread_id: 'main' });
  const users = (content: AnyJson) => content[roomId]['m.read'][alice.userId];
  const threaded = users(await sentEdu('m.receipt', (content) => users(content).data.thread_id === 'main'));
  assert.deepEqual(threaded.event_ids, [second]);
  const sent = await sentEdu('m.receipt', (content) => users(content).data.thread_id === undefined);
  assert.deepEqual(users(sent).event_ids, [first]);
  assert.ok(!JSON.stringify(received.arrived).includes('m.read.private'));
  await client.next();
  const receipt = (eventId: string, ts: number, thread?: string) => ({
    [roomId]: {
      'm.read': { [bob]: { event_ids: [eventId], data: { ts, ...(thread && { thread_id: thread }) } } },
      'm.read.private': { [bob]: { event_ids: [eventId], data: { ts } } },
    },
  });
  assert.equal(await receive('m.receipt', receipt(second, 2_000)), 'received');
  assert.deepEqual(await untilEphemeral('m.receipt'), { [second]: { 'm.read': { [bob]: { ts: 2_000 } } } });
  await receive('m.receipt', receipt(first, 1_000));
  await receive('m.receipt', receipt('$not-here-yet', 3_000, 'main'));
  const expected = { '$not-here-yet': { 'm.read': { [bob]: { ts: 3_000, thread_id: 'main' } } } };
  assert.deepEqual(await untilEphemeral('m.receipt'), expected, 'an older one is passed over');
});

test('receipts of strangers, for other rooms and of other forms change nothing', async () => {
  const eventId = await say(alice, otherRoomId, 'here');
  await client.next();
  const of = (userId: string, receipt: object) => ({ 'm.read': { [userId]: receipt } }) as unknown as JsonObject;
  const good = { event_ids: [eventId], data: { ts: 9_000 } };
  const contents: JsonObject[] = [
    { [roomId]: of(bob, good), [otherRoomId]: of(bob, good) },
    { [roomId]: of('@stranger:fake.test', good), '!none:x': of(bob, good) },
    { [roomId]: of(alice.userId, good) },
    { [roomId]: of(bob, { event_ids: [], data: { ts: 1 } }), [otherRoomId]: 'x' },
    { [roomId]: of(bob, { event_ids: [eventId], data: { ts: 'now' } }) },
  ];
  for (const content of contents) assert.equal(await receive('m.receipt', content), 'received');
  const tooMany = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`!${index}:x`, {}]));
  assert.equal(await receive('m.receipt', tooMany), 'refused');
  assert.equal((await client.next()).rooms?.join?.[roomId], undefined);
});

test('presence goes both ways between those who share a room', async () => {
  await alice.call('PUT', `/_matrix/client/v3/presence/${alice.userId}/status`, {
    ...{ presence: 'unavailable', status_msg: 'tea' },
  });
  const { push } = await sentEdu('m.presence', (content) => content.push[0].status_msg === 'tea');
  assert.deepEqual([push.length, push[0].user_id, push[0].presence], [1, alice.userId, 'unavailable']);
  assert.ok(push[0].last_active_ago >= 0);
  const status = (userId: string, presence: string) => ({
    ...{ user_id: userId, presence, last_active_ago: 5_000, status_msg: 'here' },
    currently_active: true,
  });
  const strangers = [status('@stranger:fake.test', 'online'), status(alice.userId, 'online'), { user_id: bob }, 7];
  await receive('m.presence', { push: [...strangers, status(bob, 'online')] });
  const isOfBob = ({ sender }: AnyJson) => sender === bob;
  const told = (await client.until((reply) => reply.presence?.events.some(isOfBob))).presence.events;
  const event = told.find(isOfBob);
  assert.deepEqual(
    [event.content.presence, event.content.status_msg, event.content.currently_active],
    ['online', 'here', true],
  );
  assert.ok(event.content.last_active_ago >= 5_000);
  await receive('m.presence', { push: [status(bob, 'org.matrix.msc3026.busy')] });
  const reply = await alice.call('GET', `/_matrix/client/v3/presence/${bob}/status`);
  assert.equal(reply.presence, 'unavailable');
  await alice.call('GET', '/_matrix/client/v3/presence/@stranger:fake.test/status', undefined, 403);
  assert.equal(await receive('m.presence', { push: {} }), 'refused');
});

test('messages to devices reach another server once each, in order, also after a restart', async () => {
  received.answerWith((response) => {
    response.statusCode = 503;
    return { errcode: 'M_UNKNOWN', error: 'later' };
  });
  for (let number = 0; number < 3; number++) {
    const messages = { [bob]: { '*': { number }, D: { number } } };
    await alice.call('PUT', `/_matrix/client/v3/sendToDevice/test.type/m${number}`, { messages });
  }
  ({ context } = await homeserver.restart());
  assert.equal((await readOutbox(context.database, 'fake.test', 10)).length, 3);
  received.answerWith(undefined);
  // A server that is heard of is asked again at once.
  await fake.send(
    homeserver.baseUrl,
    'one.test',
    'GET',
    `/_matrix/federation/v1/query/profile?user_id=${alice.userId}`,
  );
  const last = await sentEdu('m.direct_to_device', ({ messages }) => messages[bob].D.number === 2);
  assert.deepEqual(
    [last.sender, last.type, last.messages],
    [...[alice.userId, 'test.type'], { [bob]: { '*': { number: 2 }, D: { number: 2 } } }],
  );
  const sent = received.acknowledged.flatMap(({ edus }) => edus as AnyJson[]);
  const numbers = sent.filter(({ edu_type }) => edu_type === 'm.direct_to_device');
  assert.deepEqual(
    numbers.map(({ content }) => content.messages[bob].D.number),
    [0, 1, 2],
  );
});

test('messages from another server reach the devices once, whatever is wrong beside them', async () => {
  const second = await loginUser(alice, 'SECOND');
  const [here, there] = [syncClient(alice), syncClient(second)];
  await Promise.all([here.next(), there.next()]);
  const message = (id: string, messages: JsonObject, sender = bob) => ({
    ...{ sender, type: 'test.type', message_id: id, messages },
  });
  const content = message('one', {
    [alice.userId]: { SECOND: { a: 1 }, '*': { a: 2 }, GONE: { a: 3 }, BAD: 'x' },
    [bob]: { '*': { a: 4 } },
    '@nobody:one.test': { '*': { a: 5 } },
  });
  assert.equal(await receive('m.direct_to_device', content), 'received');
  assert.equal(await receive('m.direct_to_device', content), 'received');
  ({ context } = await homeserver.restart());
  assert.equal(await receive('m.direct_to_device', content), 'received');
  const told = async (device: SyncClient) =>
    (await device.until((reply) => reply.to_device !== undefined)).to_device.events;
  assert.deepEqual(await told(there), [{ type: 'test.type', sender: bob, content: { a: 1 } }]);
  assert.deepEqual(await told(here), [{ type: 'test.type', sender: bob, content: { a: 2 } }]);
  const mine = { [alice.userId]: { '*': { a: 6 } } };
  const refused = [
    await receive('m.direct_to_device', message('two', mine), 'other.test'),
    await receive('m.direct_to_device', message('', mine)),
    await receive('m.direct_to_device', message('x'.repeat(256), mine)),
    await receive('m.direct_to_device', { ...message('three', mine), messages: [] }),
    await receive('m.direct_to_device', message('four', { [alice.userId]: { '*': { a: 'x'.repeat(70_000) } } })),
    await receive('org.example.unknown', {}),
  ];
  assert.deepEqual(refused, ['refused', 'refused', 'refused', 'refused', 'refused', 'unknown']);
  assert.equal((await here.next()).to_device, undefined);
});

test('a server that the room shuts out types and reads there no more', async () => {
  await setState(alice, roomId, 'm.room.server_acl', { allow: ['*'], deny: ['fake.test'] });
  const eventId = await say(alice, roomId, 'without you');
  await client.next();
  assert.equal(await receive('m.typing', { room_id: roomId, user_id: bob, typing: true }), 'refused');
  const receipt = { event_ids: [eventId], data: { ts: 99_000 } };
  await receive('m.receipt', { [roomId]: { 'm.read': { [bob]: receipt } } });
  assert.equal((await client.next()).rooms?.join?.[roomId], undefined);
});
