import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
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

test('two users talk in a room, and each reads what was said', async () => {
  const { room_id: roomId } = await alice.call('POST', '/createRoom', { preset: 'private_chat', name: 'Tea' });
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  assert.equal((await bob.request('POST', `${room}/join`, {})).status, 403);
  await alice.call('POST', `${room}/invite`, { user_id: bob.userId });
  assert.deepEqual(await bob.call('POST', `${room}/join`, {}), { room_id: roomId });
  const sent = await bob.call('PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'hello' });
  assert.deepEqual(await bob.call('PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'hello' }), sent);
  const { chunk, end } = await alice.call('GET', `${room}/messages?dir=b&limit=2`);
  assert.equal(chunk[0].event_id, sent.event_id);
  assert.equal(chunk[0].content.body, 'hello');
  assert.equal(chunk[0].room_id, roomId);
  assert.equal(chunk[0].unsigned.membership, 'join');
  assert.equal(chunk[1].content.membership, 'join');
  assert.ok(end);
  assert.deepEqual(await alice.call('GET', `${room}/state/m.room.name`), { name: 'Tea' });
  await alice.call('PUT', `${room}/state/m.room.name/`, { name: 'Coffee' });
  assert.deepEqual(await bob.call('GET', `${room}/state/m.room.name/`), { name: 'Coffee' });
  const state = await bob.call('GET', `${room}/state`);
  assert.ok(state.some((event: { type: string }) => event.type === 'm.room.create'));
  assert.deepEqual(await alice.call('GET', `${room}/joined_members`), {
    joined: {
      [alice.userId]: { display_name: 'alice', avatar_url: null },
      [bob.userId]: { display_name: 'bob', avatar_url: null },
    },
  });
  assert.deepEqual(await bob.call('GET', '/joined_rooms'), { joined_rooms: [roomId] });
  await bob.call('POST', `${room}/leave`, {});
  assert.deepEqual(await bob.call('GET', '/joined_rooms'), { joined_rooms: [] });
});

test('through a process that does not write the room, answers and refusals are the same', async () => {
  const other = await homeserver.startProcess();
  const over = (client: TestClient) => async (method: string, path: string, body: object) => {
    const response = await fetch(`${other.url}/_matrix/client/v3${path}`, {
      method,
      headers: { authorization: `Bearer ${client.accessToken}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const [asAlice, asBob] = [over(alice), over(bob)];
  const made = await asAlice('POST', '/createRoom', { preset: 'public_chat', room_alias_name: 'far' });
  const room = `/rooms/${encodeURIComponent(made.body['room_id'] ?? '')}`;
  const taken = await asAlice('POST', '/createRoom', { room_alias_name: 'far' });
  assert.deepEqual([taken.status, taken.body['errcode']], [400, 'M_ROOM_IN_USE']);
  const impossible = await asAlice('POST', '/createRoom', { power_level_content_override: { users: { x: 1 } } });
  assert.deepEqual([impossible.status, impossible.body['errcode']], [400, 'M_INVALID_ROOM_STATE']);
  assert.equal((await asBob('POST', `/join/${encodeURIComponent('#far:test.example')}`, {})).status, 200);
  const kick = await asBob('POST', `${room}/kick`, { user_id: alice.userId });
  assert.deepEqual([kick.status, kick.body['errcode']], [403, 'M_FORBIDDEN']);
  const sent = await asBob('PUT', `${room}/send/m.room.message/far`, { body: 'far' });
  const { chunk } = await alice.call('GET', `${room}/messages?dir=b&limit=1`);
  assert.equal(chunk[0].event_id, sent.body['event_id']);
});

test('who is suspended may leave and take back what was said, and nothing else', async () => {
  const dave = await makeTestClient(homeserver, 'dave');
  const { room_id: roomId } = await alice.call('POST', '/createRoom', { preset: 'public_chat' });
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  const { event_id: hers } = await alice.call('PUT', `${room}/send/m.room.message/1`, { body: 'hers' });
  await dave.call('POST', `${room}/join`, {});
  const { event_id: his } = await dave.call('PUT', `${room}/send/m.room.message/1`, { body: 'his' });
  await alice.call('PUT', `${room}/state/m.room.power_levels`, { users: { [dave.userId]: 100 } });
  await setAccountFlags(homeserver.context, dave.userId, { isSuspended: true });
  const refusals: [string, string, object][] = [
    ['POST', '/createRoom', {}],
    ['POST', `${room}/join`, {}],
    ['POST', `${room}/invite`, { user_id: bob.userId }],
    ['POST', `${room}/kick`, { user_id: bob.userId }],
    ['PUT', `${room}/send/m.room.message/2`, { body: 'no' }],
    ['PUT', `${room}/state/m.room.name`, { name: 'no' }],
    ['PUT', `${room}/redact/${encodeURIComponent(hers)}/1`, {}],
  ];
  for (const [method, path, body] of refusals) {
    assert.equal((await dave.request(method, path, body)).body.errcode, 'M_USER_SUSPENDED', path);
  }
  await dave.call('PUT', `${room}/redact/${encodeURIComponent(his)}/1`, {});
  await dave.call('POST', `${room}/leave`, {});
});

test('members at the beginning of a timeline that shows the whole room are those who were there first', async () => {
  const { room_id: roomId } = await alice.call('POST', '/createRoom', { preset: 'public_chat' });
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  const filter = encodeURIComponent(JSON.stringify({ room: { rooms: [roomId], timeline: { limit: 50 } } }));
  const { rooms } = await alice.call('GET', `/sync?filter=${filter}`);
  const at = encodeURIComponent(rooms.join[roomId].timeline.prev_batch);
  await bob.call('POST', `${room}/join`, {});
  const members = async (query: string) =>
    (await alice.call('GET', `${room}/members?${query}`)).chunk.map((event: { state_key: string }) => event.state_key);
  assert.deepEqual(await members(`at=${at}`), [alice.userId]);
  assert.deepEqual(await members(`at=${at}&membership=join`), [alice.userId]);
  assert.deepEqual(await members(`at=${at}&membership=leave`), []);
  assert.deepEqual(await members(''), [alice.userId, bob.userId]);
});
