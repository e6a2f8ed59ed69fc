import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import { cryptoPrimitives, generateSigningKeyPair } from '../../../platform/cryptography/crypto-primitives.ts';
import { type FederatedHomeservers, startFederatedHomeservers } from '../../../testing/start-federated-homeservers.ts';
import { type SyncClient, syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, request, type TestUser } from '../../../testing/test-user.ts';

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

async function createRoom(body: object): Promise<string> {
  return (await alice.call('POST', `${client}/createRoom`, body)).room_id;
}

async function invitedTo(roomId: string): Promise<AnyJson[]> {
  const reply = await bobSync.until((one) => one.rooms?.invite?.[roomId]);
  return reply.rooms.invite[roomId].invite_state.events;
}

function findEvent(events: AnyJson[], type: string, stateKey = ''): AnyJson {
  return events.find((event) => event.type === type && event.state_key === stateKey);
}

async function memberAsAliceSees(roomId: string): Promise<string> {
  return (await alice.call('GET', inRoom(roomId, `/state/m.room.member/${bob.userId}`))).membership;
}

for (const version of ['1', '6', '10', '11', '12']) {
  test(`an invitation to a room of version ${version} is seen and accepted on the other server`, async () => {
    const roomId = await createRoom({ room_version: version, name: 'Come in', invite: [bob.userId], is_direct: true });
    const events = await invitedTo(roomId);
    assert.equal(findEvent(events, 'm.room.name').content.name, 'Come in');
    assert.equal(findEvent(events, 'm.room.create').content.room_version, version);
    const own = findEvent(events, 'm.room.member', bob.userId);
    assert.deepEqual([own.sender, own.content.membership, own.content.is_direct], [alice.userId, 'invite', true]);
    await bob.call('POST', inRoom(roomId, '/join'), {});
    const reply = await bobSync.until((one) => one.rooms?.join?.[roomId]);
    const joins = reply.rooms.join[roomId].timeline.events.filter((event: AnyJson) => event.state_key === bob.userId);
    assert.equal(joins.at(-1).content.membership, 'join');
    assert.equal(joins.at(-1).unsigned.prev_content.is_direct, true);
    assert.equal(joins.at(-1).unsigned.prev_sender, alice.userId);
    assert.equal(await memberAsAliceSees(roomId), 'join');
  });

  test(`an invitation to a room of version ${version} is rejected, and can be given again`, async () => {
    const roomId = await createRoom({ room_version: version });
    for (let turn = 0; turn < 2; turn++) {
      await alice.call('POST', inRoom(roomId, '/invite'), { user_id: bob.userId, reason: 'again' });
      await invitedTo(roomId);
      await bob.call('POST', inRoom(roomId, '/leave'), { reason: 'no' });
      await bobSync.until((one) => one.rooms?.leave?.[roomId]);
      assert.equal(await memberAsAliceSees(roomId), 'leave');
    }
  });
}

test('an invitation that is taken back is gone on the other server', async () => {
  const roomId = await createRoom({ invite: [bob.userId] });
  await invitedTo(roomId);
  await alice.call('POST', inRoom(roomId, '/kick'), { user_id: bob.userId, reason: 'a mistake' });
  const reply = await bobSync.until((one) => one.rooms?.leave?.[roomId]);
  const last = reply.rooms.leave[roomId].timeline.events.at(-1);
  assert.deepEqual([last.content.membership, last.content.reason], ['leave', 'a mistake']);
});

test('a user is invited to a room that others of the same server are in', async () => {
  const roomId = await createRoom({ invite: [bob.userId] });
  await invitedTo(roomId);
  await bob.call('POST', inRoom(roomId, '/join'), {});
  const dave = await registerUser(bob.baseUrl, 'dave');
  const daveSync = syncClient(dave);
  await alice.call('POST', inRoom(roomId, '/invite'), { user_id: dave.userId });
  await daveSync.until((one) => one.rooms?.invite?.[roomId]);
  await dave.call('POST', inRoom(roomId, '/join'), {});
  await daveSync.until((one) => one.rooms?.join?.[roomId]);
});

test('the owner of an invited third-party identifier is invited by the server of the inviter', async () => {
  const roomId = await createRoom({});
  const key = { name: 'id.test', keyId: 'ed25519:0', ...generateSigningKeyPair() };
  await alice.call('PUT', inRoom(roomId, '/state/m.room.third_party_invite/token'), {
    ...{ display_name: 'b...', key_validity_url: 'https://id.test/valid', public_key: encodeBase64(key.publicKey) },
  });
  const proof = { sender: alice.userId, mxid: bob.userId, token: 'token' };
  const signed = signJson(proof, key, cryptoPrimitives);
  const join = (given: object) =>
    bob.send('POST', inRoom(roomId, '/join?via=one.test'), {
      body: { third_party_signed: given },
      token: bob.accessToken,
    });
  assert.equal((await join({ ...signed, token: 'other' })).status, 403);
  assert.equal((await join(signed)).status, 200);
  assert.equal(await memberAsAliceSees(roomId), 'join');
});

test('an identity server tells of an invitation, and the owner is invited', async () => {
  const roomId = await createRoom({});
  const key = { name: 'id.test', keyId: 'ed25519:0', ...generateSigningKeyPair() };
  await alice.call('PUT', inRoom(roomId, '/state/m.room.third_party_invite/token'), {
    ...{ display_name: 'b...', key_validity_url: 'https://id.test/valid', public_key: encodeBase64(key.publicKey) },
  });
  const signed = signJson({ sender: alice.userId, mxid: bob.userId, token: 'token' }, key, cryptoPrimitives);
  const invite = { medium: 'email', address: 'b@x', mxid: bob.userId, room_id: roomId, sender: alice.userId, signed };
  const body = { medium: 'email', address: 'b@x', mxid: bob.userId, invites: [invite] };
  const reply = await request(bob.baseUrl, 'PUT', '/_matrix/federation/v1/3pid/onbind', { body });
  assert.deepEqual([reply.status, reply.body], [200, {}]);
  await invitedTo(roomId);
});

test('an invitation can be rejected when nobody is in the room any more', async () => {
  const roomId = await createRoom({ invite: [bob.userId] });
  await invitedTo(roomId);
  await alice.call('POST', inRoom(roomId, '/leave'), {});
  await bob.call('POST', inRoom(roomId, '/leave'), {});
  await bobSync.until((one) => one.rooms?.leave?.[roomId]);
});

test('who blocks invitations, or does not exist, is not invited', async () => {
  const roomId = await createRoom({});
  const outcome = async (userId: string) => {
    const reply = await alice.send('POST', inRoom(roomId, '/invite'), {
      body: { user_id: userId },
      token: alice.accessToken,
    });
    return `${reply.status} ${reply.body.errcode}`;
  };
  assert.equal(await outcome('@nobody:two.test'), '403 M_FORBIDDEN');
  assert.equal(await outcome('@x:gone.test'), '502 M_CONNECTION_FAILED');
  const config = `${client}/user/${encodeURIComponent(bob.userId)}/account_data/m.invite_permission_config`;
  await bob.call('PUT', config, { default_action: 'block' });
  assert.equal(await outcome(bob.userId), '403 M_INVITE_BLOCKED');
  await bob.call('PUT', config, {});
  assert.equal((await alice.send('GET', inRoom(roomId, `/state/m.room.member/${bob.userId}`))).status, 404);
});
