import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TailListener } from '../../../platform/shard-log/log-tail.ts';
import type { StartedHomeserver } from '../../../processes/start-homeserver.ts';
import { syncHubOf } from '../../../sync/sync-hub.ts';
import { createTestRoom, joinRoom, leaveRoom, say } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, request, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let deaf: StartedHomeserver;
let follow: TailListener;
let alice: TestUser;
let bob: TestUser;

before(async () => {
  homeserver = await startTestHomeserver({ config: { 'process.hints': false } });
  const { tail } = homeserver.context.shardLog;
  const subscribe = tail.subscribe.bind(tail);
  tail.subscribe = (listener) => {
    follow = listener;
    return subscribe(listener);
  };
  deaf = await homeserver.startProcess();
  [alice, bob] = (await Promise.all(['alice', 'bob'].map((name) => registerUser(homeserver.baseUrl, name)))) as [
    TestUser,
    TestUser,
  ];
});
after(() => homeserver.stop());

const at = (user: TestUser, url: string): TestUser => ({
  ...user,
  async call(method, path, body) {
    const reply = await request(url, method, path, { token: user.accessToken, body });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  },
});
const bodies = (reply: AnyJson, roomId: string) =>
  (reply.rooms?.join?.[roomId]?.timeline.events ?? []).map((event: AnyJson) => event.content.body);

test('a token of one process works at once on another that has heard nothing yet', async () => {
  const roomId = await createTestRoom(alice);
  await joinRoom(bob, roomId);
  const [here, there] = [syncClient(bob), syncClient(at(bob, deaf.url))];
  await here.next();
  for (let i = 0; i < 5; i++) {
    await say(alice, roomId, `${i}`);
    const waiting = here.next({ timeout: 10_000 });
    assert.deepEqual(bodies(await waiting, roomId), [`${i}`]);
    there.since = here.since;
    const reply = await there.next();
    assert.equal(reply.rooms, undefined);
    assert.ok(Number(reply.next_batch.slice(3)) >= Number(here.since?.slice(3)), 'a token never goes back');
  }
});

test('without any hint, what one process wrote still wakes a sync on the other', async () => {
  const roomId = await createTestRoom(alice);
  await joinRoom(bob, roomId);
  const there = syncClient(at(bob, deaf.url));
  await there.next();
  const waiting = there.until((reply) => bodies(reply, roomId).includes('not hinted'));
  await say(alice, roomId, 'not hinted');
  await waiting;
});

test('a process whose log went on without it begins anew, and those who wait miss nothing', async () => {
  const roomId = await createTestRoom(alice);
  await joinRoom(bob, roomId);
  const client = syncClient(bob);
  await client.next();
  const waiting = client.next({ timeout: 10_000 });
  follow(0, []);
  await say(alice, roomId, 'after the jump');
  assert.deepEqual(bodies(await waiting, roomId), ['after the jump']);
  await leaveRoom(bob, roomId);
  assert.ok((await client.next()).rooms.leave[roomId]);
});

test('a server that stops answers those who wait, and they go on where they were', async () => {
  const roomId = await createTestRoom(alice);
  await joinRoom(bob, roomId);
  const other = await homeserver.startProcess();
  const client = syncClient(at(bob, other.url));
  await client.next();
  const { since } = client;
  const waiting = client.next({ timeout: 30_000 });
  while (!syncHubOf(other.context).users.peek(bob.userId)?.waiting.size) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await other.stop();
  assert.ok((await waiting).next_batch);
  assert.ok(since);
  await say(alice, roomId, 'meanwhile');
  const here = syncClient(bob);
  here.since = client.since;
  assert.deepEqual(bodies(await here.next(), roomId), ['meanwhile']);
});
