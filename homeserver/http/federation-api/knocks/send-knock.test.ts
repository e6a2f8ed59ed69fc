import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FederatedHomeservers, startFederatedHomeservers } from '../../../testing/start-federated-homeservers.ts';
import { type SyncClient, syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let federation: FederatedHomeservers;
let alice: TestUser;
let bob: TestUser;
let bobSync: SyncClient;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 2 });
  const [one, two] = federation.homeservers;
  assert.ok(one && two);
  alice = await registerUser(one.baseUrl, 'alice');
  bob = await registerUser(two.baseUrl, 'bob');
  bobSync = syncClient(bob);
});
after(() => federation.stop());

const client = '/_matrix/client/v3';
const inRoom = (roomId: string, rest: string) => `${client}/rooms/${encodeURIComponent(roomId)}${rest}`;

async function createRoom(version: string, joinRules: object): Promise<string> {
  const body = {
    room_version: version,
    name: 'Behind a door',
    initial_state: [{ type: 'm.room.join_rules', content: joinRules }],
  };
  return (await alice.call('POST', `${client}/createRoom`, body)).room_id;
}

async function attempt(user: TestUser, action: 'join' | 'knock', roomId: string, body: object = {}) {
  const path = `${client}/${action}/${encodeURIComponent(roomId)}?via=one.test`;
  const reply = await user.send('POST', path, { body, token: user.accessToken });
  return reply.status === 200 ? 200 : `${reply.status} ${reply.body.errcode}`;
}

async function membershipSeenByAlice(roomId: string): Promise<AnyJson> {
  return await alice.call('GET', inRoom(roomId, `/state/m.room.member/${bob.userId}`));
}

for (const version of ['7', '10', '12']) {
  test(`a knock on a room of version ${version} is heard, and answered with an invitation`, async () => {
    const roomId = await createRoom(version, { join_rule: 'knock' });
    assert.equal(await attempt(bob, 'join', roomId), '403 M_FORBIDDEN');
    assert.equal(await attempt(bob, 'knock', roomId, { reason: 'please' }), 200);
    const reply = await bobSync.until((one) => one.rooms?.knock?.[roomId]);
    const state = reply.rooms.knock[roomId].knock_state.events;
    assert.ok(state.some(({ type, content }: AnyJson) => type === 'm.room.name' && content.name === 'Behind a door'));
    const knock = await membershipSeenByAlice(roomId);
    assert.deepEqual([knock.membership, knock.reason], ['knock', 'please']);
    await alice.call('POST', inRoom(roomId, '/invite'), { user_id: bob.userId });
    await bobSync.until((one) => one.rooms?.invite?.[roomId]);
    await bob.call('POST', inRoom(roomId, '/join'), {});
    assert.equal((await membershipSeenByAlice(roomId)).membership, 'join');
  });

  test(`a knock on a room of version ${version} is taken back`, async () => {
    const roomId = await createRoom(version, { join_rule: 'knock' });
    assert.equal(await attempt(bob, 'knock', roomId), 200);
    await bob.call('POST', inRoom(roomId, '/leave'), {});
    await bobSync.until((one) => one.rooms?.leave?.[roomId]);
    assert.equal((await membershipSeenByAlice(roomId)).membership, 'leave');
  });
}

test('rooms without knocking refuse it in words', async () => {
  assert.equal(await attempt(bob, 'knock', await createRoom('6', { join_rule: 'invite' })), '403 M_FORBIDDEN');
  assert.equal(await attempt(bob, 'knock', await createRoom('12', { join_rule: 'invite' })), '403 M_FORBIDDEN');
  assert.equal(await attempt(bob, 'knock', `!${'A'.repeat(43)}`), '404 M_NOT_FOUND');
});

test('members of another room may join a restricted room', async () => {
  const club = await createRoom('11', { join_rule: 'public' });
  const allow = [{ type: 'm.room_membership', room_id: club }];
  const roomId = await createRoom('11', { join_rule: 'restricted', allow });
  assert.equal(await attempt(bob, 'join', roomId), '403 M_FORBIDDEN');
  assert.equal(await attempt(bob, 'join', club), 200);
  assert.equal(await attempt(bob, 'join', roomId), 200);
  const member = await membershipSeenByAlice(roomId);
  assert.equal(member.join_authorised_via_users_server, alice.userId);
});

test('who meets a condition is let in by another server where nobody of the own one may', async () => {
  const club = await createRoom('11', { join_rule: 'public' });
  const allow = [{ type: 'm.room_membership', room_id: club }];
  const roomId = await createRoom('11', { join_rule: 'restricted', allow });
  const levels = await alice.call('GET', inRoom(roomId, '/state/m.room.power_levels'));
  await alice.call('PUT', inRoom(roomId, '/state/m.room.power_levels'), { ...levels, invite: 50 });
  const carol = await registerUser(federation.homeservers[1]?.baseUrl ?? '', 'carol');
  for (const user of [bob, carol]) assert.equal(await attempt(user, 'join', club), 200);
  assert.equal(await attempt(bob, 'join', roomId), 200);
  assert.equal(await attempt(carol, 'join', roomId), 200);
  const member = await alice.call('GET', inRoom(roomId, `/state/m.room.member/${carol.userId}`));
  assert.equal(member.join_authorised_via_users_server, alice.userId);
});

test('a knock is turned away', async () => {
  const roomId = await createRoom('12', { join_rule: 'knock' });
  assert.equal(await attempt(bob, 'knock', roomId), 200);
  await bobSync.until((one) => one.rooms?.knock?.[roomId]);
  await alice.call('POST', inRoom(roomId, '/kick'), { user_id: bob.userId });
  await bobSync.until((one) => one.rooms?.leave?.[roomId]);
});

test('a server that does not know the room of the condition says so', async () => {
  const allow = [{ type: 'm.room_membership', room_id: `!${'A'.repeat(43)}` }];
  const roomId = await createRoom('11', { join_rule: 'restricted', allow });
  assert.equal(await attempt(bob, 'join', roomId), '400 M_UNABLE_TO_AUTHORISE_JOIN');
});
