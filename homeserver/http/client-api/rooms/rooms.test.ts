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
    joined: { [alice.userId]: { display_name: 'alice' }, [bob.userId]: { display_name: 'bob' } },
  });
  assert.deepEqual(await bob.call('GET', '/joined_rooms'), { joined_rooms: [roomId] });
  await bob.call('POST', `${room}/leave`, {});
  assert.deepEqual(await bob.call('GET', '/joined_rooms'), { joined_rooms: [] });
});
