import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type EntryKind, entryKindNumbers } from '../../../platform/shard-log/log-entry.ts';
import { createTestRoom, joinRoom, readUpTo, say } from '../../../testing/room-actions.ts';
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

const oneTimeKeys = { 'signed_curve25519:AAAAAA': { key: 'k', signatures: {} } };
const room = (reply: AnyJson) => reply.rooms?.join?.[roomId];
const hasEphemeral = (reply: AnyJson, type: string) =>
  room(reply)?.ephemeral.events.some((event: AnyJson) => event.type === type);

interface Reaching {
  /** Lets an entry of the kind into the log. */
  readonly cause: () => Promise<unknown>;
  /** Whether bob's waiting sync was told. */
  readonly isTold: (reply: AnyJson) => boolean;
}

/** Every kind of entry: how it comes about and what a client sees of it, or why clients are not concerned. */
const kinds: Record<EntryKind, Reaching | { readonly notForClients: string }> = {
  event: {
    cause: () => say(alice, roomId, 'hello'),
    isTold: (reply) => room(reply)?.timeline.events[0].content.body === 'hello',
  },
  receipt: {
    cause: async () => readUpTo(alice, roomId, await say(alice, roomId, 'read')),
    isTold: (reply) => hasEphemeral(reply, 'm.receipt'),
  },
  typing: {
    cause: () =>
      alice.call('PUT', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/typing/${alice.userId}`, {
        typing: true,
      }),
    isTold: (reply) => hasEphemeral(reply, 'm.typing'),
  },
  presence: {
    cause: () => alice.call('PUT', `/_matrix/client/v3/presence/${alice.userId}/status`, { presence: 'unavailable' }),
    isTold: (reply) => reply.presence?.events[0].sender === alice.userId,
  },
  'account-data': {
    cause: () => bob.call('PUT', `/_matrix/client/v3/user/${bob.userId}/account_data/org.example`, { a: 1 }),
    isTold: (reply) => reply.account_data?.events[0].type === 'org.example',
  },
  'to-device': {
    cause: () =>
      alice.call('PUT', '/_matrix/client/v3/sendToDevice/org.example/t1', {
        messages: { [bob.userId]: { '*': { a: 1 } } },
      }),
    isTold: (reply) => reply.to_device?.events[0].type === 'org.example',
  },
  'device-list': {
    cause: () => alice.call('PUT', `/_matrix/client/v3/devices/${alice.deviceId}`, { display_name: 'Phone' }),
    isTold: (reply) => reply.device_lists?.changed.includes(alice.userId),
  },
  'one-time-keys': {
    cause: () => bob.call('POST', '/_matrix/client/v3/keys/upload', { one_time_keys: oneTimeKeys }),
    isTold: (reply) => reply.device_one_time_keys_count.signed_curve25519 === 1,
  },
  session: { notForClients: 'caches of access tokens are concerned; the next call of an ended session is refused' },
  'outgoing-to-device': { notForClients: 'it tells who sends to other servers that messages wait' },
  'room-state': { notForClients: 'see sync-partial-rooms.test.ts, which takes another server' },
  'application-services': { notForClients: 'it tells processes that registrations changed' },
  'room-alias': { notForClients: 'clients ask for aliases; those who send to application services follow them' },
  profile: { notForClients: 'clients learn of a profile from the member events that come with its change' },
};

test('this list has every kind of entry', () => {
  assert.deepEqual(Object.keys(kinds).sort(), Object.keys(entryKindNumbers).sort());
});

for (const [kind, entry] of Object.entries(kinds)) {
  if ('notForClients' in entry) continue;
  test(`an entry of kind ${kind} reaches a waiting sync, and who comes with an old token to another process`, async () => {
    const client = syncClient(bob);
    await client.next();
    const since = client.since;
    const { tail } = homeserver.context.shardLog;
    const start = tail.position(0);
    const waiting = client.until(entry.isTold);
    await entry.cause();
    await waiting;
    assert.ok((tail.entriesAfter(0, start) ?? []).some((one) => one.kind === kind));
    if (kind === 'typing') return;
    const other = await homeserver.startProcess();
    const late = syncClient({ ...bob, ...(await elsewhere(other.url)) });
    late.since = since;
    assert.ok(entry.isTold(await late.next()), 'told from the tables');
    await other.stop();
  });
}

/** The same session, by way of another process. */
async function elsewhere(url: string): Promise<Pick<TestUser, 'baseUrl' | 'call'>> {
  return {
    baseUrl: url,
    async call(method, path) {
      const reply = await fetch(url + path, { method, headers: { authorization: `Bearer ${bob.accessToken}` } });
      assert.equal(reply.status, 200);
      return await reply.json();
    },
  };
}
