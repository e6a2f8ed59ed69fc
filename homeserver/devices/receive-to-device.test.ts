import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../testing/test-user.ts';
import { receiveToDevice } from './receive-to-device.ts';
import { sendToDevice } from './send-to-device.ts';

let homeserver: TestHomeserver;
before(async () => {
  homeserver = await startTestHomeserver({ config: { 'shards.count': 4 } });
});
after(() => homeserver.stop());

let transactions = 0;
async function send(user: TestUser, ...numbers: number[]): Promise<void> {
  for (const number of numbers) {
    await sendToDevice(homeserver.context, {
      sender: user.userId,
      deviceId: user.deviceId,
      type: 'test',
      transactionId: `${transactions++}`,
      messages: { [user.userId]: { [user.deviceId]: { number } } },
    });
  }
}

const now = () => homeserver.context.shardLog.tail.positions();

async function receive(user: TestUser, since: readonly number[] | undefined, to = now()): Promise<number[]> {
  const events = await receiveToDevice(homeserver.context, user, since, to);
  return events.map((event) => JSON.parse(event).content.number);
}

async function storedCount(user: TestUser): Promise<number> {
  return (await homeserver.context.database`SELECT FROM inbox_message WHERE user_id = ${user.userId}`).length;
}

/** Acknowledging is not waited for by a sync; it goes through the queue of the same device. */
async function untilStored(user: TestUser, count: number): Promise<void> {
  while ((await storedCount(user)) !== count) await new Promise((resolve) => setImmediate(resolve));
}

test('a token acknowledges what came before it, and nothing more', async () => {
  const user = await registerUser(homeserver.baseUrl, 'acknowledger');
  await send(user, 1, 2);
  const token = now();
  assert.deepEqual(await receive(user, undefined, token), [1, 2]);
  assert.deepEqual(await receive(user, undefined, token), [1, 2], 'the reply was lost');
  await send(user, 3);
  assert.deepEqual(await receive(user, token, token), []);
  await untilStored(user, 1);
  assert.deepEqual(await receive(user, token), [3]);
  const last = now();
  assert.deepEqual(await receive(user, last), []);
  await untilStored(user, 0);
});

test('messages beyond the reply’s token wait for the next one', async () => {
  const user = await registerUser(homeserver.baseUrl, 'bounded');
  await send(user, 1);
  const token = now();
  await send(user, 2);
  assert.deepEqual(await receive(user, undefined, token), [1]);
  assert.deepEqual(await receive(user, token), [2]);
});

test('an empty inbox costs no query until a message comes, from whatever process', async () => {
  const user = await registerUser(homeserver.baseUrl, 'quiet');
  const token = now();
  assert.deepEqual(await receive(user, token), []);
  const { database } = homeserver.context;
  const failing = (() => assert.fail('a query')) as unknown as typeof database;
  const withoutDatabase = { ...homeserver.context, database: failing };
  assert.deepEqual(await receiveToDevice(withoutDatabase, user, token, now()), []);
  await send(user, 1);
  assert.deepEqual(await receive(user, token), [1]);
});

test('what does not fit into one reply comes with the next ones, once each and in order', async () => {
  const user = await registerUser(homeserver.baseUrl, 'flooded');
  const numbers = Array.from({ length: 1_200 }, (_, number) => number);
  await Promise.all([0, 1, 2].map((part) => send(user, ...numbers.slice(part * 400, part * 400 + 400))));
  const sent = await homeserver.context.database<{ body: string }[]>`
    SELECT body FROM inbox_message WHERE user_id = ${user.userId} ORDER BY shard, position`;
  const order = sent.map(({ body }) => JSON.parse(body).content.number);
  const received: number[] = [];
  let since: number[] | undefined;
  let replies = 0;
  while (received.length < numbers.length) {
    const to = now();
    const lost = await receive(user, since, to);
    // The reply gets lost and the client asks again with the same token.
    const again = now();
    const part = await receive(user, since, again);
    assert.deepEqual(part.slice(0, lost.length), lost);
    received.push(...part);
    since = again;
    replies++;
  }
  assert.deepEqual(received, order);
  assert.equal(replies, 3);
  await receive(user, now());
  await untilStored(user, 0);
});
