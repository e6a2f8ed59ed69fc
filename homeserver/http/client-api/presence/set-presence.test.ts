import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestRoom, joinRoom } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let alice: TestUser;
let bob: TestUser;
let stranger: TestUser;

before(async () => {
  homeserver = await startTestHomeserver();
  [alice, bob, stranger] = (await Promise.all(
    ['alice', 'bob', 'stranger'].map((name) => registerUser(homeserver.baseUrl, name)),
  )) as [TestUser, TestUser, TestUser];
  await joinRoom(bob, await createTestRoom(alice));
});
after(() => homeserver.stop());

const statusPath = (user: TestUser) => `/_matrix/client/v3/presence/${user.userId}/status`;
const presenceOf = (reply: AnyJson, user: TestUser) =>
  reply.presence?.events.find((event: AnyJson) => event.sender === user.userId)?.content;

test('presence and status message reach who shares a room, and nobody else', async () => {
  const [bobClient, strangerClient] = [syncClient(bob), syncClient(stranger)];
  await Promise.all([bobClient.next(), strangerClient.next()]);
  await alice.call('PUT', statusPath(alice), { presence: 'online', status_msg: 'Making cupcakes' });
  const told = await bobClient.until((reply) => presenceOf(reply, alice));
  const content = presenceOf(told, alice);
  assert.equal(content.presence, 'online');
  assert.equal(content.status_msg, 'Making cupcakes');
  assert.equal(content.currently_active, true);
  assert.equal(typeof content.last_active_ago, 'number');
  assert.equal(presenceOf(await strangerClient.next(), alice), undefined);
  assert.equal(presenceOf(await syncClient(bob).next(), alice).presence, 'online');
  await alice.call('PUT', statusPath(alice), { presence: 'offline' });
  const gone = await bobClient.until((reply) => presenceOf(reply, alice));
  assert.deepEqual(Object.keys(presenceOf(gone, alice)).sort(), ['last_active_ago', 'presence']);
  assert.equal(presenceOf(gone, alice).presence, 'offline');
});

test('a sync makes its user online, or unavailable, or leaves it alone, as set_presence says', async () => {
  const client = syncClient(alice);
  await client.next();
  await syncClient(bob).next({ presence: 'unavailable' });
  assert.equal(presenceOf(await client.until((reply) => presenceOf(reply, bob)), bob).presence, 'unavailable');
  await syncClient(bob).next({ presence: 'online' });
  assert.equal(presenceOf(await client.until((reply) => presenceOf(reply, bob)), bob).presence, 'online');
});

test('what has not changed is not written again', async () => {
  const { tail } = homeserver.context.shardLog;
  const client = syncClient(alice);
  const first = await client.next({ presence: 'online' });
  assert.equal(presenceOf(first, alice).presence, 'online', 'the first reply tells of its own coming already');
  const before = tail.position(0);
  for (let i = 0; i < 20; i++) await client.next({ presence: 'online' });
  await alice.call('PUT', statusPath(alice), { presence: 'online' });
  assert.equal(tail.position(0), before);
});

test('presence is read by who shares a room, and set by its user alone', async () => {
  await alice.call('PUT', statusPath(alice), { presence: 'unavailable' });
  assert.equal((await bob.call('GET', statusPath(alice))).presence, 'unavailable');
  assert.equal((await alice.call('GET', statusPath(alice))).presence, 'unavailable');
  assert.equal((await stranger.call('GET', statusPath(alice), undefined, 403)).errcode, 'M_FORBIDDEN');
  assert.equal((await bob.call('PUT', statusPath(alice), { presence: 'online' }, 403)).errcode, 'M_FORBIDDEN');
  const never = await registerUser(homeserver.baseUrl, 'never');
  assert.deepEqual(await never.call('GET', statusPath(never)), { presence: 'offline' });
  assert.equal((await alice.call('PUT', statusPath(alice), { presence: 'busy' }, 400)).errcode, 'M_BAD_JSON');
});

test('where presence is switched off it is neither told nor taken', async () => {
  const { url } = await homeserver.startProcess({ 'presence.enabled': false });
  const quiet = await registerUser(url, 'quiet');
  assert.equal((await quiet.call('PUT', statusPath(quiet), { presence: 'online' }, 403)).errcode, 'M_FORBIDDEN');
  assert.equal((await syncClient(quiet).next({ presence: 'online' })).presence, undefined);
});
