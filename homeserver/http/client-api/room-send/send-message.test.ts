import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';
import type { TestReply } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let alice: TestClient;
let bob: TestClient;
let room: string;
let transactions = 0;
before(async () => {
  homeserver = await startTestHomeserver();
  alice = await makeTestClient(homeserver, 'alice');
  bob = await makeTestClient(homeserver, 'bob');
  const { room_id: roomId } = await alice.call('POST', '/createRoom', { preset: 'public_chat' });
  room = `/rooms/${encodeURIComponent(roomId)}`;
  await bob.call('POST', `${room}/join`, {});
});
after(() => homeserver.stop());

const annotation = (eventId: string, key: string) => ({
  'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key },
});

async function say(): Promise<string> {
  const path = `${room}/send/m.room.message/message-${transactions++}`;
  return (await alice.call('PUT', path, { msgtype: 'm.text', body: 'hello' })).event_id;
}

function tryToReact(client: TestClient, eventId: string, key: string, type = 'm.reaction') {
  return client.request('PUT', `${room}/send/${type}/reaction-${transactions++}`, annotation(eventId, key));
}

async function react(client: TestClient, eventId: string, key: string, type?: string): Promise<string> {
  const { status, body } = await tryToReact(client, eventId, key, type);
  assert.equal(status, 200, JSON.stringify(body));
  return body.event_id;
}

test('the same reaction to the same event is refused', async () => {
  const eventId = await say();
  await react(bob, eventId, '👍');
  const { status, body } = await tryToReact(bob, eventId, '👍');
  assert.deepEqual([status, body.errcode], [400, 'M_DUPLICATE_ANNOTATION']);
});

test('another key, another user, another type and another event are no duplicates', async () => {
  const [eventId, other] = [await say(), await say()];
  await react(bob, eventId, '👍');
  await react(bob, eventId, '👎');
  await react(alice, eventId, '👍');
  await react(bob, other, '👍');
  await react(bob, eventId, '👍', 'org.example.vote');
});

test('of equal reactions at the same time one is accepted', async () => {
  const eventId = await say();
  const { database } = homeserver.context;
  let replies: Promise<TestReply[]> | undefined;
  await database.begin(async (transaction) => {
    // Until this ends no reaction is committed.
    await transaction`LOCK TABLE relation IN SHARE MODE`;
    replies = Promise.all(Array.from({ length: 8 }, () => tryToReact(bob, eventId, '🎉')));
    const waiting = () => database`SELECT 1 FROM pg_locks WHERE relation = 'relation'::regclass AND NOT granted`;
    while ((await waiting()).length === 0);
  });
  const statuses = (await replies)?.map(({ status }) => status);
  assert.deepEqual(statuses?.toSorted(), [200, ...Array<number>(7).fill(400)]);
});

test('the request for a reaction may be repeated', async () => {
  const eventId = await say();
  const send = () => bob.call('PUT', `${room}/send/m.reaction/repeated`, annotation(eventId, '🔁'));
  assert.deepEqual(await send(), await send());
});

test('a reaction that was taken back may be made again', async () => {
  const eventId = await say();
  const reaction = await react(bob, eventId, '❤️');
  await bob.call('PUT', `${room}/redact/${encodeURIComponent(reaction)}/back`, {});
  await react(bob, eventId, '❤️');
});
