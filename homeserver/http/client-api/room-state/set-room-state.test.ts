import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';

let homeserver: TestHomeserver;
let alice: TestClient;
let bob: TestClient;
let room: string;
before(async () => {
  homeserver = await startTestHomeserver();
  alice = await makeTestClient(homeserver, 'alice');
  bob = await makeTestClient(homeserver, 'bob');
  const { room_id: roomId } = await alice.call('POST', '/createRoom', { preset: 'public_chat' });
  room = `/rooms/${encodeURIComponent(roomId)}`;
  await bob.call('POST', `${room}/join`, {});
});
after(() => homeserver.stop());

async function put(client: TestClient, type: string, content: object) {
  const reply = await client.request('PUT', `${room}/state/${type}`, content);
  return reply.status === 200 ? reply.body.event_id : `${reply.status} ${reply.body.errcode}`;
}

test('state is read as content and as event, with or without the slash of an empty key', async () => {
  const eventId = await put(alice, 'org.example/', { a: 1 });
  for (const path of ['org.example', 'org.example/']) {
    assert.deepEqual(await bob.call('GET', `${room}/state/${path}`), { a: 1 });
    const event = await bob.call('GET', `${room}/state/${path}?format=event`);
    assert.equal(event.event_id, eventId);
    assert.equal(event.state_key, '');
    assert.equal(event.sender, alice.userId);
  }
  await put(alice, 'org.example/some%2Fkey', { b: 2 });
  assert.deepEqual(await bob.call('GET', `${room}/state/org.example/some%2Fkey`), { b: 2 });
  assert.equal((await bob.request('GET', `${room}/state/org.example/none`)).body.errcode, 'M_NOT_FOUND');
  assert.equal((await bob.request('GET', `${room}/state/org.example?format=x`)).body.errcode, 'M_INVALID_PARAM');
});

test('setting what is set already makes no event, in whatever order its members come', async () => {
  const eventId = await put(alice, 'org.example.same', { a: 1, b: [2] });
  assert.equal(await put(alice, 'org.example.same', { b: [2], a: 1 }), eventId);
  assert.notEqual(await put(alice, 'org.example.same', { a: 1, b: [3] }), eventId);
});

test('what the power levels do not allow is refused', async () => {
  assert.equal(await put(bob, 'm.room.name', { name: 'No' }), '403 M_FORBIDDEN');
  assert.equal(await put(bob, 'm.room.power_levels', { users: { [bob.userId]: 100 } }), '403 M_FORBIDDEN');
  assert.equal(await put(alice, 'm.room.power_levels', { users: { [bob.userId]: '50' } }), '403 M_FORBIDDEN');
  assert.equal(await put(alice, 'm.room.create', {}), '400 M_INVALID_PARAM');
  assert.equal(await put(alice, 'm.room.power_levels', { users: { [alice.userId]: 100 } }), '400 M_INVALID_PARAM');
  assert.match(await put(alice, 'm.room.power_levels', { users: { [bob.userId]: 50 } }), /^\$/);
  assert.match(await put(bob, 'm.room.name', { name: 'Yes' }), /^\$/);
});

test('state that no event can hold is refused', async () => {
  assert.equal(await put(alice, 'org.example', { n: 0.5 }), '400 M_BAD_JSON');
  assert.equal(await put(alice, 'org.example', { n: 2 ** 53 }), '400 M_BAD_JSON');
  assert.equal(await put(alice, 'org.example', { text: 'x'.repeat(66_000) }), '413 M_TOO_LARGE');
  assert.equal(await put(alice, 'x'.repeat(256), {}), '413 M_TOO_LARGE');
  assert.equal(await put(alice, `org.example/${'x'.repeat(256)}`, {}), '413 M_TOO_LARGE');
  assert.equal(await put(alice, 'm.room.encryption', {}), '400 M_BAD_JSON');
});

test('all of the state is told to those in the room', async () => {
  const state: { type: string; unsigned: object; room_id: string }[] = await bob.call('GET', `${room}/state`);
  const types = state.map(({ type }) => type);
  for (const type of ['m.room.create', 'm.room.member', 'm.room.power_levels', 'm.room.join_rules']) {
    assert.ok(types.includes(type), type);
  }
  assert.ok(state.every((event) => `/rooms/${encodeURIComponent(event.room_id)}` === room));
});

test('text that PostgreSQL cannot hold is harmless wherever an event may have it', async () => {
  const allow = [{ type: 'm.room_membership', room_id: '!a\u0000b:test.example' }];
  const { room_id: restricted } = await alice.call('POST', '/createRoom', {
    initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'restricted', allow } }],
  });
  const join = await bob.request('POST', `/rooms/${encodeURIComponent(restricted)}/join`, {});
  assert.equal(join.body.errcode, 'M_FORBIDDEN');
  const mentions = { 'm.mentions': { user_ids: ['@a\u0000b:test.example'] } };
  await alice.call('PUT', `${room}/send/m.room.message/nul`, { body: '\u0000', ...mentions });
  const relation = { 'm.relates_to': { rel_type: 'm.thread', event_id: '$a\u0000b' } };
  await alice.call('PUT', `${room}/send/m.room.message/relation`, { body: '', ...relation });
  const redaction = await alice.request('PUT', `${room}/send/m.room.redaction/nul`, { redacts: '$a\u0000b' });
  assert.equal(redaction.body.errcode, 'M_NOT_FOUND');
  const alias = await alice.request('PUT', `/directory/room/${encodeURIComponent('#nul:test.example')}`, {
    room_id: '!a\u0000b:test.example',
  });
  assert.equal(alias.body.errcode, 'M_FORBIDDEN');
  assert.equal(await put(alice, 'm.room.canonical_alias', { alias: '#a\u0000b:test.example' }), '400 M_INVALID_PARAM');
  const invite = await alice.request('POST', `${room}/invite`, { user_id: '@a\u0000b:test.example' });
  assert.equal(invite.body.errcode, 'M_INVALID_PARAM');
  const made = await alice.request('POST', '/createRoom', { initial_state: [{ type: 'a\u0000b', content: {} }] });
  assert.equal(made.body.errcode, 'M_INVALID_PARAM');
});

test('asking for state that nobody ever set leaves nothing behind', async () => {
  const count = async () => (await homeserver.context.database`SELECT count(*)::int AS count FROM name`)[0]?.['count'];
  const known = await count();
  assert.equal((await bob.request('GET', `${room}/state/org.never/heard`)).status, 404);
  assert.equal(await count(), known);
});
