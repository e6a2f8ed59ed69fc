import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FederatedHomeservers, startFederatedHomeservers } from '../../../testing/start-federated-homeservers.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';

let federation: FederatedHomeservers;
let alice: TestClient;
let bob: TestClient;
let carol: TestClient;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 2 });
  const [one, two] = federation.homeservers;
  assert.ok(one && two);
  alice = await makeTestClient(one, 'alice');
  bob = await makeTestClient(two, 'bob');
  carol = await makeTestClient(two, 'carol');
});
after(() => federation.stop());

const inRoom = (roomId: string, rest: string) => `/rooms/${encodeURIComponent(roomId)}${rest}`;

function joinVia(client: TestClient, roomId: string, server: string) {
  return client.request('POST', `/join/${encodeURIComponent(roomId)}?via=${server}`, {});
}

for (const version of ['1', '6', '10', '11', '12']) {
  test(`a user of another server joins a room of version ${version}`, async () => {
    const { room_id: roomId } = await alice.call('POST', '/createRoom', {
      preset: 'public_chat',
      room_version: version,
      name: 'Far away',
    });
    await alice.call('PUT', inRoom(roomId, '/send/m.room.message/1'), { msgtype: 'm.text', body: 'before' });
    const joined = await joinVia(bob, roomId, 'one.test');
    assert.deepEqual([joined.status, joined.body.room_id], [200, roomId]);
    for (const client of [alice, bob]) {
      const member = await client.call('GET', inRoom(roomId, `/state/m.room.member/${bob.userId}`));
      assert.deepEqual(member, { membership: 'join', displayname: 'bob' });
    }
    assert.deepEqual(await bob.call('GET', inRoom(roomId, '/state/m.room.name')), { name: 'Far away' });
    const { joined: members } = await bob.call('GET', inRoom(roomId, '/joined_members'));
    assert.deepEqual(Object.keys(members).sort(), [alice.userId, bob.userId].sort());
    const second = await carol.request('POST', inRoom(roomId, '/join'), {});
    assert.equal(second.status, 200);
  });
}
