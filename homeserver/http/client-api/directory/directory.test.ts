import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';

let homeserver: TestHomeserver;
let alice: TestClient;
let bob: TestClient;
before(async () => {
  homeserver = await startTestHomeserver();
  alice = await makeTestClient(homeserver, 'alice');
  bob = await makeTestClient(homeserver, 'bob');
});
after(() => homeserver.stop());

async function makeRoom(body: object = { preset: 'public_chat' }): Promise<string> {
  return (await alice.call('POST', '/createRoom', body)).room_id;
}

const aliasPath = (alias: string) => `/directory/room/${encodeURIComponent(alias)}`;
const roomPath = (roomId: string) => `/rooms/${encodeURIComponent(roomId)}`;

async function outcome(client: TestClient, method: string, path: string, body?: object) {
  const reply = await client.request(method, path, body);
  return reply.status === 200 ? 200 : `${reply.status} ${reply.body.errcode}`;
}

test('an alias leads to its room until it is removed', async () => {
  const roomId = await makeRoom();
  const path = aliasPath('#tea:test.example');
  assert.equal(await outcome(alice, 'GET', path), '404 M_NOT_FOUND');
  assert.deepEqual(await alice.call('PUT', path, { room_id: roomId }), {});
  assert.deepEqual(await bob.call('GET', path), { room_id: roomId, servers: ['test.example'] });
  assert.deepEqual(await alice.call('GET', `${roomPath(roomId)}/aliases`), { aliases: ['#tea:test.example'] });
  assert.equal(await outcome(alice, 'PUT', path, { room_id: roomId }), '409 M_UNKNOWN');
  assert.deepEqual(await alice.call('DELETE', path), {});
  assert.equal(await outcome(alice, 'DELETE', path), '404 M_NOT_FOUND');
  assert.deepEqual(await alice.call('GET', `${roomPath(roomId)}/aliases`), { aliases: [] });
  assert.equal((await fetch(`${homeserver.baseUrl}/_matrix/client/v3${path}`)).status, 404);
});

test('only members make aliases, and only of this server', async () => {
  const roomId = await makeRoom();
  assert.equal(await outcome(bob, 'PUT', aliasPath('#a:test.example'), { room_id: roomId }), '403 M_FORBIDDEN');
  assert.equal(await outcome(bob, 'PUT', aliasPath('#a:test.example'), { room_id: '!no' }), '403 M_FORBIDDEN');
  assert.equal(await outcome(alice, 'PUT', aliasPath('#a:b.example'), { room_id: roomId }), '400 M_INVALID_PARAM');
  assert.equal(await outcome(alice, 'PUT', aliasPath('a'), { room_id: roomId }), '400 M_INVALID_PARAM');
  assert.equal(await outcome(alice, 'GET', aliasPath('a')), '400 M_INVALID_PARAM');
  assert.equal(await outcome(alice, 'GET', aliasPath('#a:b.example')), '502 M_CONNECTION_FAILED');
  assert.equal(await outcome(alice, 'PUT', aliasPath('#a:test.example'), {}), '400 M_BAD_JSON');
});

test('an alias is removed by its creator and by moderators, and nobody else', async () => {
  const roomId = await makeRoom();
  await bob.call('POST', `${roomPath(roomId)}/join`, {});
  for (const name of ['one', 'two']) await bob.call('PUT', aliasPath(`#${name}:test.example`), { room_id: roomId });
  await alice.call('PUT', aliasPath('#three:test.example'), { room_id: roomId });
  assert.equal(await outcome(bob, 'DELETE', aliasPath('#three:test.example')), '403 M_FORBIDDEN');
  assert.equal(await outcome(bob, 'DELETE', aliasPath('#one:test.example')), 200);
  assert.equal(await outcome(alice, 'DELETE', aliasPath('#two:test.example')), 200);
});

test('a canonical alias must lead to the room, and a removed one leaves the event', async () => {
  const roomId = await makeRoom();
  const other = await makeRoom();
  const put = (content: object) => outcome(alice, 'PUT', `${roomPath(roomId)}/state/m.room.canonical_alias`, content);
  await alice.call('PUT', aliasPath('#main:test.example'), { room_id: roomId });
  await alice.call('PUT', aliasPath('#side:test.example'), { room_id: roomId });
  await alice.call('PUT', aliasPath('#other:test.example'), { room_id: other });
  assert.equal(await put({ alias: '#other:test.example' }), '400 M_BAD_ALIAS');
  assert.equal(await put({ alias: '#none:test.example' }), '400 M_BAD_ALIAS');
  assert.equal(await put({ alias: 'main' }), '400 M_INVALID_PARAM');
  assert.equal(await put({ alt_aliases: ['#side:test.example', 7] }), '400 M_INVALID_PARAM');
  assert.equal(await put({ alias: '#main:test.example', alt_aliases: ['#side:test.example'] }), 200);
  await alice.call('DELETE', aliasPath('#main:test.example'));
  const state = () => alice.call('GET', `${roomPath(roomId)}/state/m.room.canonical_alias`);
  assert.deepEqual(await state(), { alt_aliases: ['#side:test.example'] });
  assert.equal(await put({ alt_aliases: ['#side:test.example'], more: true }), 200);
  assert.equal(await put({ alias: '#main:test.example' }), '400 M_BAD_ALIAS');
  assert.equal(await put({}), 200);
});

test('of many who want an alias at the same time one gets it', async () => {
  const rooms = await Promise.all([makeRoom(), makeRoom(), makeRoom()]);
  const path = aliasPath('#race:test.example');
  const outcomes = await Promise.all(rooms.map((roomId) => outcome(alice, 'PUT', path, { room_id: roomId })));
  assert.deepEqual(outcomes.map(String).sort(), ['200', '409 M_UNKNOWN', '409 M_UNKNOWN']);
});
