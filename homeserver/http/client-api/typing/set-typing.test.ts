import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestRoom, joinRoom } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let alice: TestUser;
let bob: TestUser;
let roomId: string;

before(async () => {
  homeserver = await startTestHomeserver();
  [alice, bob] = (await Promise.all(['alice', 'bob'].map((name) => registerUser(homeserver.baseUrl, name)))) as [
    TestUser,
    TestUser,
  ];
  roomId = await createTestRoom(alice);
  await joinRoom(bob, roomId);
});
after(() => homeserver.stop());

const type = (user: TestUser, body: object, room = roomId, userId = user.userId) =>
  user.send('PUT', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/typing/${userId}`, { body });

function typingIn(reply: AnyJson): string[] | undefined {
  const events = reply.rooms?.join?.[roomId]?.ephemeral.events ?? [];
  return events.find((event: { type: string }) => event.type === 'm.typing')?.content.user_ids;
}

test('typing wakes the others, is there for who comes later, and ends by itself', async () => {
  const client = syncClient(bob);
  await client.next();
  const waiting = client.next({ timeout: 10_000 });
  assert.equal((await type(alice, { typing: true, timeout: 1_000 })).status, 200);
  assert.deepEqual(typingIn(await waiting), [alice.userId]);
  assert.deepEqual(typingIn(await syncClient(bob).next()), [alice.userId]);
  const reply = await client.until((next) => typingIn(next) !== undefined);
  assert.deepEqual(typingIn(reply), []);
});

test('who says that he stopped has stopped, and saying it twice wakes nobody', async () => {
  const client = syncClient(bob);
  await client.next();
  await type(alice, { typing: true });
  await type(alice, { typing: true });
  await type(alice, { typing: false });
  assert.deepEqual(typingIn(await client.next()), []);
  await type(alice, { typing: false });
  assert.equal((await client.next()).rooms, undefined);
});

test('nobody types for others, or where he is not', async () => {
  const stranger = await registerUser(homeserver.baseUrl, 'stranger');
  for (const reply of [
    await type(alice, { typing: true }, roomId, bob.userId),
    await type(stranger, { typing: true }),
    await type(alice, { typing: true }, '!nowhere'),
  ]) {
    assert.deepEqual([reply.status, reply.body.errcode], [403, 'M_FORBIDDEN']);
  }
  assert.equal((await type(alice, {})).body.errcode, 'M_BAD_JSON');
});
