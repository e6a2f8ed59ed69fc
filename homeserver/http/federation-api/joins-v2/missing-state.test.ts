import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import { cryptoPrimitives } from '../../../platform/cryptography/crypto-primitives.ts';
import { receiveEvents } from '../../../rooms/receive-events.ts';
import { partialRoomsOf } from '../../../rooms/remote/partial-rooms.ts';
import { joinFakeMember } from '../../../testing/join-fake-member.ts';
import { type FakeServer, makeFakeKey, startFakeServer } from '../../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

/** With more members than are told at once, most come after the join. */
const manyMembers = 40;

let federation: FederatedHomeservers;
let one: FederatedHomeserver;
let two: FederatedHomeserver;
let notary: FakeServer;
let members: TestUser[];
let bob: TestUser;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 2, config: { 'federation.key_servers': ['notary.test'] } });
  [one, two] = federation.homeservers as [FederatedHomeserver, FederatedHomeserver];
  notary = await startFakeServer(federation.network, 'notary.test');
  notary.answer('/_matrix/key/v2/query', { server_keys: [] });
  const names = Array.from({ length: manyMembers }, (_, index) => `member${index}`);
  members = await Promise.all(names.map((name) => registerUser(one.baseUrl, name)));
  bob = await registerUser(two.baseUrl, 'bob');
});
after(async () => {
  await federation.stop();
  await notary.stop();
});

const client = '/_matrix/client/v3';
const inRoom = (roomId: string, rest: string) => `${client}/rooms/${encodeURIComponent(roomId)}${rest}`;

async function createRoom(memberCount: number): Promise<string> {
  const [alice, ...others] = members.slice(0, memberCount) as [TestUser, ...TestUser[]];
  const { room_id: roomId } = await alice.call('POST', `${client}/createRoom`, { preset: 'public_chat' });
  await Promise.all(others.map((member) => member.call('POST', inRoom(roomId, '/join'), {})));
  return roomId;
}

async function joinedIn(roomId: string): Promise<string[]> {
  return Object.keys((await bob.call('GET', inRoom(roomId, '/joined_members'))).joined);
}

async function countMissing(roomId: string): Promise<number> {
  const rows = await two.context.database<{ count: number }[]>`
    SELECT count(*)::int FROM missing_state_event m JOIN room r ON r.id = m.room WHERE r.room_id = ${roomId}`;
  return rows[0]?.count ?? 0;
}

/** As a process that starts: what is missing is looked for at once. */
async function lookAgain(): Promise<void> {
  const partialRooms = partialRoomsOf(two.context);
  partialRooms.close();
  await partialRooms.start();
}

/** A server whose keys only the notary may tell. */
async function startSilentServer(name: string): Promise<FakeServer> {
  const server = await startFakeServer(federation.network, name);
  server.answer('/_matrix/key/v2/server', (response) => {
    response.writeHead(503).end('{}');
    return undefined;
  });
  return server;
}

function tellKeysOf(server: FakeServer): void {
  const keys = signJson(server.publishKeys(), { name: notary.serverName, ...notary.key }, cryptoPrimitives);
  notary.answer('/_matrix/key/v2/query', { server_keys: [keys] });
}

for (const memberCount of [1, manyMembers]) {
  test(`a member whose server's key comes after a join among ${memberCount} is in the room then`, async () => {
    const gone = await startSilentServer(`gone${memberCount}.test`);
    const roomId = await createRoom(memberCount);
    const { userId } = await joinFakeMember(one.context, gone, roomId);
    await bob.call('POST', `${client}/join/${encodeURIComponent(roomId)}?via=one.test`, {});
    assert.equal((await joinedIn(roomId)).includes(userId), false);
    assert.equal((await joinedIn(roomId)).length, memberCount + 1);
    assert.equal(await countMissing(roomId), 1);
    const sync = syncClient(bob);
    await sync.next();

    tellKeysOf(gone);
    await lookAgain();
    const isToldOf = (events: readonly AnyJson[]) => events.some((event) => event['state_key'] === userId);
    await sync.until(({ rooms }) => {
      const { state, timeline } = rooms?.join?.[roomId] ?? {};
      return isToldOf(state?.events ?? []) || isToldOf(timeline?.events ?? []);
    });
    assert.equal((await joinedIn(roomId)).length, memberCount + 2);
    assert.equal(await countMissing(roomId), 0);
    await gone.stop();
  });
}

test('state that stands on an event without a key is in the room once that has one', async () => {
  const gone = await startSilentServer('banned.test');
  const roomId = await createRoom(1);
  const { userId } = await joinFakeMember(one.context, gone, roomId);
  await members[0]?.call('POST', inRoom(roomId, '/ban'), { user_id: userId });
  await bob.call('POST', `${client}/join/${encodeURIComponent(roomId)}?via=one.test`, {});
  const banned = inRoom(roomId, `/state/m.room.member/${userId}`);
  await bob.call('GET', banned, undefined, 404);
  assert.equal(await countMissing(roomId), 2);
  const sync = syncClient(bob);
  await sync.next();
  tellKeysOf(gone);
  await lookAgain();
  await sync.until(({ rooms }) => rooms?.join?.[roomId]);
  assert.equal((await bob.call('GET', banned)).membership, 'ban');
  assert.equal(await countMissing(roomId), 0);
  await gone.stop();
});

test('a join that stands on an event without a key is refused, and is rejected here neither then nor later', async () => {
  const gone = await startSilentServer('admin.test');
  const roomId = await createRoom(1);
  const admin = await joinFakeMember(one.context, gone, roomId);
  const type = 'm.room.power_levels';
  const powers = await members[0]?.call('GET', inRoom(roomId, `/state/${type}/`));
  const content = { ...powers, users: { ...powers.users, [admin.userId]: 100 } };
  await members[0]?.call('PUT', inRoom(roomId, `/state/${type}/`), content);
  const changed = await admin.make({ type, stateKey: '', content: { ...content, ban: 60 } });
  await receiveEvents(one.context, { roomId, origin: 'admin.test', events: [{ ...changed, isRelayed: true }] });
  const join = `${client}/join/${encodeURIComponent(roomId)}?via=one.test`;
  await bob.call('POST', join, {}, 502);
  tellKeysOf(gone);
  await bob.call('POST', join, {});
  assert.equal((await bob.call('GET', inRoom(roomId, `/state/${type}/`))).ban, 60);
  const rejected = await two.context.database`
    SELECT event_id FROM event JOIN room r ON r.id = room WHERE r.room_id = ${roomId} AND flags & 2 > 0`;
  assert.deepEqual([...rejected], []);
  await gone.stop();
});

test('a member whose event is signed with another key than its server has is not waited for', async () => {
  const liar = await startFakeServer(federation.network, 'liar.test');
  const roomId = await createRoom(1);
  const { key } = liar;
  liar.key = makeFakeKey();
  await joinFakeMember(one.context, liar, roomId);
  liar.key = key;
  await bob.call('POST', `${client}/join/${encodeURIComponent(roomId)}?via=one.test`, {});
  assert.equal((await joinedIn(roomId)).length, 2);
  assert.equal(await countMissing(roomId), 0);
  await liar.stop();
});
