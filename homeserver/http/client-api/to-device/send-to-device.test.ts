import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { receiveToDevice } from '../../../devices/receive-to-device.ts';
import { readOutbox } from '../../../storage/devices/read-outbox.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { loginUser, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
before(async () => {
  homeserver = await startTestHomeserver();
});
after(() => homeserver.stop());

let transactions = 0;
const send = (sender: TestUser, messages: object, transaction = `t${transactions++}`, type = 'test.type') =>
  sender.send('PUT', `/_matrix/client/v3/sendToDevice/${type}/${transaction}`, { body: { messages } });

/** What a sync of the device without a token would tell. */
async function receive(user: TestUser) {
  const { context } = homeserver;
  const texts = await receiveToDevice(context, user, undefined, context.shardLog.tail.positions());
  return texts.map((text) => JSON.parse(text));
}

const event = (sender: TestUser, content: object) => ({ type: 'test.type', sender: sender.userId, content });

test('a message reaches the named device and no other', async () => {
  const alice = await registerUser(homeserver.baseUrl, 'alice');
  const bob = await registerUser(homeserver.baseUrl, 'bob');
  const second = await loginUser(bob);
  const reply = await send(alice, { [bob.userId]: { [bob.deviceId]: { a: 1 } } });
  assert.deepEqual([reply.status, reply.body], [200, {}]);
  assert.deepEqual(await receive(bob), [event(alice, { a: 1 })]);
  assert.deepEqual(await receive(second), []);
});

test('a star reaches all devices of the user, and a message of its own goes before it', async () => {
  const sender = await registerUser(homeserver.baseUrl, 'star');
  const first = await registerUser(homeserver.baseUrl, 'starred');
  const second = await loginUser(first);
  const third = await loginUser(first);
  await send(sender, { [first.userId]: { '*': { to: 'all' }, [third.deviceId]: { to: 'third' } } });
  assert.deepEqual(await receive(first), [event(sender, { to: 'all' })]);
  assert.deepEqual(await receive(second), [event(sender, { to: 'all' })]);
  assert.deepEqual(await receive(third), [event(sender, { to: 'third' })]);
});

test('one body for many devices is stored once, and goes with the last of them', async () => {
  const sender = await registerUser(homeserver.baseUrl, 'sharer');
  const first = await registerUser(homeserver.baseUrl, 'shared');
  const second = await loginUser(first);
  await send(sender, { [first.userId]: { '*': { same: true } } });
  const stored = async () =>
    (await homeserver.context.database`SELECT FROM shared_message WHERE body LIKE '%"same":true%'`).length;
  assert.equal(await stored(), 1);
  await first.call('POST', '/_matrix/client/v3/logout');
  assert.equal(await stored(), 1);
  assert.deepEqual(await receive(second), [event(sender, { same: true })]);
  await second.call('POST', '/_matrix/client/v3/logout');
  assert.equal(await stored(), 0);
});

test('the same transaction id sends once, even at the same time', async () => {
  const user = await registerUser(homeserver.baseUrl, 'repeater');
  const messages = { [user.userId]: { [user.deviceId]: { a: 1 } } };
  await Promise.all(Array.from({ length: 10 }, () => send(user, messages, 'same')));
  await send(user, messages, 'same');
  assert.equal((await receive(user)).length, 1);
  await send(user, messages, 'other');
  assert.equal((await receive(user)).length, 2);
});

test('messages of one sender arrive in their order', async () => {
  const user = await registerUser(homeserver.baseUrl, 'orderly');
  for (let number = 0; number < 20; number++) await send(user, { [user.userId]: { '*': { number } } });
  const numbers = (await receive(user)).map(({ content }) => content.number);
  assert.deepEqual(
    numbers,
    Array.from({ length: 20 }, (_, number) => number),
  );
});

test('unknown users and devices are passed over', async () => {
  const user = await registerUser(homeserver.baseUrl, 'hopeful');
  const messages = {
    '@nobody:test.example': { '*': {} },
    'no user id': { '*': {} },
    [user.userId]: { GONE: {}, 'NU\u0000L': {}, [user.deviceId]: { here: true } },
  };
  assert.equal((await send(user, messages)).status, 200);
  assert.deepEqual(await receive(user), [event(user, { here: true })]);
});

test('a message larger than an EDU may be is refused, and nothing of its request is sent', async () => {
  const user = await registerUser(homeserver.baseUrl, 'large');
  const messages = { [user.userId]: { '*': { a: 'x'.repeat(65_536) }, [user.deviceId]: { a: 1 } } };
  const reply = await send(user, messages);
  assert.deepEqual([reply.status, reply.body.errcode], [413, 'M_TOO_LARGE']);
  assert.deepEqual(await receive(user), []);
});

test("messages to users of another server wait for it in the outbox, each of a request's once", async () => {
  const user = await registerUser(homeserver.baseUrl, 'far');
  const { database } = homeserver.context;
  const far = { '*': { a: 1 }, D: { a: 'x'.repeat(60_000) } };
  const messages = { '@far:elsewhere.example': far, '@b:other.example': { E: {} } };
  assert.equal((await send(user, messages, 'twice')).status, 200);
  assert.equal((await send(user, messages, 'twice')).status, 200);
  const waiting = (await readOutbox(database, 'elsewhere.example', 10)).map(({ content }) => JSON.parse(content));
  assert.deepEqual(
    waiting.map(({ sender, type, messages: sent }) => [sender, type, Object.keys(sent['@far:elsewhere.example'])]),
    [
      [user.userId, 'test.type', ['*']],
      [user.userId, 'test.type', ['D']],
    ],
  );
  const ids = waiting.map(({ message_id: id }) => id as string);
  assert.ok(ids[0] !== ids[1] && ids.every((id) => id.length <= 32));
  assert.equal((await readOutbox(database, 'other.example', 10)).length, 1);
});

test('a full inbox loses its oldest messages and takes the new one', async () => {
  const user = await registerUser(homeserver.baseUrl, 'absent');
  const { database } = homeserver.context;
  await database`
    INSERT INTO inbox_message (user_id, device_id, shard, position, ordinal, body)
    SELECT ${user.userId}, ${user.deviceId}, 0, 1, number, '{}' FROM generate_series(1, 10000) number`;
  await send(user, { [user.userId]: { [user.deviceId]: { newest: true } } });
  const rows = await database<{ oldest: number; newest: string; count: number }[]>`
    SELECT min(ordinal) FILTER (WHERE position = 1) AS oldest, max(body) FILTER (WHERE position > 1) AS newest, count(*)::int AS count
    FROM inbox_message WHERE user_id = ${user.userId}`;
  assert.equal(rows[0]?.oldest, 1_001);
  assert.equal(rows[0]?.count, 9_001);
  assert.match(rows[0]?.newest ?? '', /newest/);
});
