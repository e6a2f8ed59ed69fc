import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { addSignature } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { signedEventBytes } from '@holdfast/protocol/events/reference-hash.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { type FakeMember, joinFakeMember } from '../../testing/join-fake-member.ts';
import { createTestRoom } from '../../testing/room-actions.ts';
import { type FakeServer, makeFakeKey, startFakeServer } from '../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../testing/start-federated-homeservers.ts';
import { syncClient } from '../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestReply, type TestUser } from '../../testing/test-user.ts';

let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
let fake: FakeServer;
let user: TestUser;
const key = makeFakeKey('ed25519:policy_server');
const signPath = '/_matrix/policy/v1/sign';
let transactions = 0;

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  fake = await startFakeServer(federation.network, 'fake.test');
  fake.answer('/_matrix/federation/v1/send/', { pdus: {} });
  user = await registerUser(homeserver.baseUrl, 'anna');
});

after(async () => {
  await fake.stop();
  await federation.stop();
});

const inRoom = (roomId: string, rest: string) => `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}${rest}`;

function signature(pdu: JsonObject, rules: RoomVersionRules, by = key) {
  return encodeBase64(cryptoPrimitives.sign(signedEventBytes(pdu as unknown as Pdu, rules), by.secretKey));
}

/** The fake server signs what does not say "spam". */
function recommend(rules: RoomVersionRules, by = key): void {
  fake.answer(signPath, (response, { body = {} }) => {
    if (!JSON.stringify(body).includes('spam')) {
      return { 'fake.test': { 'ed25519:policy_server': signature(body, rules, by) } };
    }
    response.writeHead(400, { 'Content-Type': 'application/json' });
    response.end('{"errcode":"M_FORBIDDEN","error":"This looks like spam"}');
    return undefined;
  });
}

/** A room whose policy server is the fake one, with a user of it in it. */
async function startRoom(): Promise<FakeMember> {
  const member = await joinFakeMember(homeserver.context, fake, await createTestRoom(user));
  await setPolicy(member.roomId, { via: 'fake.test', public_keys: { ed25519: encodeBase64(key.publicKey) } });
  recommend(member.rules);
  return member;
}

async function setPolicy(roomId: string, content: JsonObject): Promise<void> {
  await user.call('PUT', inRoom(roomId, '/state/m.room.policy'), content);
}

function say(roomId: string, body: string, transactionId = `m${transactions++}`): Promise<TestReply> {
  const path = inRoom(roomId, `/send/m.room.message/${transactionId}`);
  return user.send('PUT', path, { body: { msgtype: 'm.text', body }, token: user.accessToken });
}

async function messages(roomId: string): Promise<AnyJson[]> {
  const { chunk } = await user.call('GET', inRoom(roomId, '/messages?dir=b&limit=50'));
  return chunk.filter((event: AnyJson) => event.type === 'm.room.message').toReversed();
}

const bodies = (events: readonly AnyJson[]) => events.map(({ content }) => content.body);
const asked = () => fake.requests.filter(({ url }) => url === signPath).length;

async function receive(pdu: JsonObject): Promise<void> {
  const path = `/_matrix/federation/v1/send/p${transactions++}`;
  const reply = await fake.send(homeserver.baseUrl, 'one.test', 'PUT', path, { pdus: [pdu] });
  assert.equal(reply.status, 200);
}

test('what is sent in a room with a policy server goes out with its signature, once per transaction id', async () => {
  const room = await startRoom();
  const sync = syncClient(user);
  await sync.next();
  const sent = await say(room.roomId, 'fine', 'same');
  assert.equal(sent.status, 200);
  assert.deepEqual((await say(room.roomId, 'fine', 'same')).body, sent.body);
  const shown = await sync.until((reply) =>
    reply.rooms?.join?.[room.roomId]?.timeline.events.find(({ content }: AnyJson) => content.body === 'fine'),
  );
  const { events } = shown.rooms.join[room.roomId].timeline;
  const own = events.find(({ content }: AnyJson) => content.body === 'fine');
  assert.equal(own.unsigned.transaction_id, 'same');
  await fake.waitForRequest('/_matrix/federation/v1/send/');
  const path = `/_matrix/federation/v1/event/${encodeURIComponent(sent.body.event_id)}`;
  const { body } = await fake.send(homeserver.baseUrl, 'one.test', 'GET', path);
  const [pdu] = body.pdus;
  assert.equal(pdu.signatures['fake.test']['ed25519:policy_server'], signature(pdu, room.rules));
  assert.equal(Object.keys(pdu.signatures['one.test']).length, 1);
});

test('what the policy server refuses is not sent, and its words reach the client', async () => {
  const room = await startRoom();
  const reply = await say(room.roomId, 'spam');
  assert.deepEqual([reply.status, reply.body], [400, { errcode: 'M_FORBIDDEN', error: 'This looks like spam' }]);
  const topic = { body: { topic: 'spam' }, token: user.accessToken };
  assert.equal((await user.send('PUT', inRoom(room.roomId, '/state/m.room.topic'), topic)).status, 400);
  assert.equal((await say(room.roomId, 'fine')).status, 200);
  assert.deepEqual(bodies(await messages(room.roomId)), ['fine']);
});

test('without a good signature nothing is sent, except that the policy server can be changed', async () => {
  const room = await startRoom();
  recommend(room.rules, makeFakeKey());
  assert.deepEqual((await say(room.roomId, 'wrong key')).body.errcode, 'M_CONNECTION_FAILED');
  fake.answer(signPath, {});
  assert.deepEqual((await say(room.roomId, 'no signature')).body.errcode, 'M_CONNECTION_FAILED');
  const before = asked();
  await setPolicy(room.roomId, {});
  assert.equal((await say(room.roomId, 'free')).status, 200);
  assert.equal(asked(), before);
  assert.deepEqual(bodies(await messages(room.roomId)), ['free']);
});

test('a received event without the signature is asked about, and shown to nobody where it is refused', async () => {
  const room = await startRoom();
  const before = asked();
  const signed = await room.say('signed');
  const { pdu, eventId } = signed;
  const signatures = addSignature(pdu.signatures, { name: 'fake.test', ...key }, signature({ ...pdu }, room.rules));
  await receive({ ...pdu, signatures });
  assert.equal(asked(), before);
  const late = await room.say('signed late', { prevEventIds: [eventId] });
  await receive({ ...late.pdu });
  assert.equal(asked(), before + 1);
  const spam = await room.say('spam', { prevEventIds: [late.eventId] });
  await receive({ ...spam.pdu });
  assert.equal(asked(), before + 2);
  assert.deepEqual(bodies(await messages(room.roomId)), ['signed', 'signed late']);
  const next = await say(room.roomId, 'next');
  const path = `/_matrix/federation/v1/event/${encodeURIComponent(next.body.event_id)}`;
  const { body } = await fake.send(homeserver.baseUrl, 'one.test', 'GET', path);
  assert.deepEqual(body.pdus[0].prev_events, [late.eventId]);
});

test('a policy server without a member in the room is none', async () => {
  const roomId = await createTestRoom(user);
  await setPolicy(roomId, { via: 'fake.test', public_keys: { ed25519: encodeBase64(key.publicKey) } });
  const before = asked();
  assert.equal((await say(roomId, 'spam')).status, 200);
  assert.equal(asked(), before);
});

test('this server is no policy server, and knows no queries but those that are specified', async () => {
  const { pdu } = await (await startRoom()).say('?');
  const ask = async (method: string, path: string, body?: JsonObject) => {
    const reply = await fake.send(homeserver.baseUrl, 'one.test', method, path, body);
    return [reply.status, reply.body.errcode];
  };
  assert.deepEqual(await ask('POST', signPath, pdu as unknown as JsonObject), [404, 'M_UNRECOGNIZED']);
  assert.deepEqual(await ask('GET', '/_matrix/federation/v1/query/weather?of=today'), [404, 'M_UNRECOGNIZED']);
  const wellKnown = await user.send('GET', '/.well-known/matrix/policy_server');
  assert.deepEqual([wellKnown.status, wellKnown.body.errcode], [404, 'M_NOT_FOUND']);
});
