import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { IrcConnectionLost, IrcRefusal } from '../irc/irc-refusal.ts';
import { matrixMessage, openRoom, startTestBridge, type TestBridge } from '../testing/start-test-bridge.ts';

let running: TestBridge | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(network = 'connections: relay', root = ''): Promise<TestBridge> {
  running = await startTestBridge(network, root);
  return running;
}

test('an alias makes a room, once; a channel that cannot be joined gets none', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  assert.equal(await openRoom(bridge), roomId);
  assert.deepEqual(bridge.irc.done, ['join bot #room']);
  const answer = await fetch(
    `${bridge.url}/_matrix/app/v1/rooms/${encodeURIComponent('#irc_net_#forbidden:example.org')}`,
    {
      headers: { Authorization: 'Bearer hs-token' },
    },
  );
  assert.equal(answer.status, 404);
});

test('messages of Matrix reach IRC in their order and once, however often their transaction comes', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  const first = Array.from({ length: 5 }, (_, index) => matrixMessage(roomId, `a${index}`));
  assert.equal(await bridge.transact('1', first), 200);
  assert.equal(await bridge.transact('1', first), 200);
  assert.equal(await bridge.transact('2', [...first, matrixMessage(roomId, 'b')]), 200);
  const texts = await bridge.irc.texts(6);
  assert.deepEqual(
    texts,
    ['a0', 'a1', 'a2', 'a3', 'a4', 'b'].map((text) => `<alice> ${text}`),
  );
});

test('the homeserver is not told that a transaction was taken when it cannot be stored', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  const { sql } = bridge.bridge.bridge.context;
  await sql`ALTER TABLE outbox RENAME TO away`;
  assert.equal(await bridge.transact('1', [matrixMessage(roomId, 'a')]), 500);
  await sql`ALTER TABLE away RENAME TO outbox`;
  assert.equal(await bridge.transact('1', [matrixMessage(roomId, 'a')]), 200);
  assert.deepEqual(await bridge.irc.texts(1), ['<alice> a']);
});

test('what is said while IRC is away waits, over a restart of the bridge too, and goes on in order', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  bridge.irc.isConnected = false;
  await bridge.transact('1', [matrixMessage(roomId, 'a'), matrixMessage(roomId, 'b')]);
  await bridge.restart();
  await bridge.transact('2', [matrixMessage(roomId, 'c')]);
  assert.deepEqual(bridge.irc.said, []);
  bridge.irc.isConnected = true;
  bridge.irc.receive({ kind: 'connected' });
  assert.deepEqual(await bridge.irc.texts(3), ['<alice> a', '<alice> b', '<alice> c']);
});

test('a line that broke off is said again before anything behind it, and those before it are not', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  let failures = 1;
  bridge.irc.onSay = ({ text }) => {
    if (text.includes('two') && failures > 0) {
      failures -= 1;
      throw new Error('the connection broke');
    }
  };
  await bridge.transact('1', [matrixMessage(roomId, 'one\ntwo\nthree'), matrixMessage(roomId, 'four')]);
  const texts = await bridge.irc.texts(4);
  assert.deepEqual(texts, ['<alice> one', '<alice> two', '<alice> three', '<alice> four']);
});

test('a line whose connection broke is not said again when it was seen on IRC, and is when it was not', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  const broken = new Set(['seen', 'unseen']);
  bridge.irc.onSay = ({ text }) => {
    const word = text.split(' ')[1] ?? '';
    if (!broken.delete(word)) return;
    if (word === 'seen') queueMicrotask(() => bridge.irc.message('#room', 'bot', text));
    throw new IrcConnectionLost('it broke', true);
  };
  await bridge.transact(
    '1',
    ['seen', 'unseen', 'last'].map((word) => matrixMessage(roomId, word)),
  );
  assert.deepEqual(await bridge.irc.texts(2), ['<alice> unseen', '<alice> last']);
  assert.deepEqual(bridge.homeserver.messages(roomId), []);
});

test('what IRC refuses is told in the room, and what follows goes on', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  bridge.irc.onSay = ({ text }) => {
    if (text.includes('bad')) throw new IrcRefusal('the channel is moderated');
  };
  await bridge.transact('1', [matrixMessage(roomId, 'bad'), matrixMessage(roomId, 'good')]);
  assert.deepEqual(await bridge.irc.texts(1), ['<alice> good']);
  const told = bridge.homeserver.messages(roomId).filter((text) => text.includes('moderated'));
  assert.equal(told.length, 1);
});

test('a room in which the bridge may not speak does not hold up what comes after', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  bridge.irc.onSay = ({ text }) => {
    if (text.includes('bad')) throw new IrcRefusal('the channel is moderated');
  };
  bridge.homeserver.refuse = (asked) =>
    asked.includes('/send/m.room.message/tell.') ? { status: 403, body: { errcode: 'M_FORBIDDEN' } } : undefined;
  await bridge.transact('1', [matrixMessage(roomId, 'bad'), matrixMessage(roomId, 'good')]);
  assert.deepEqual(await bridge.irc.texts(1), ['<alice> good']);
});

test('messages that waited long carry their time, and their senders are told of those that waited too long', async () => {
  const bridge = await start('connections: relay', 'limits: { late_after_ms: 0, waiting_messages: 2 }');
  const roomId = await openRoom(bridge);
  await bridge.transact('1', [matrixMessage(roomId, 'late', { origin_server_ts: 1_000_000_000_000 })]);
  assert.deepEqual(await bridge.irc.texts(1), ['<alice> [2001-09-09 01:46 UTC] late']);
  // Said, it is taken out of what waits.
  while (bridge.bridge.bridge.outbox.activeKeys > 0) await new Promise(setImmediate);
  bridge.irc.isConnected = false;
  await bridge.transact(
    '2',
    Array.from({ length: 5 }, (_, index) => matrixMessage(roomId, `m${index}`)),
  );
  const { dropExcess } = await import('./to-irc/drop-excess.ts');
  await dropExcess(bridge.bridge.bridge.context);
  assert.match(bridge.homeserver.messages(roomId).at(-1) ?? '', /3 messages of @alice:example.org did not reach #room/);
});

test('what the bridge has said does not come back when the network tells it later under a nick that is nobody’s', async () => {
  const bridge = await start('connections: relay');
  const roomId = await openRoom(bridge);
  await bridge.transact('1', [matrixMessage(roomId, 'one\ntwo')]);
  const lines = await bridge.irc.texts(2);
  while (bridge.bridge.bridge.outbox.activeKeys > 0) await new Promise(setImmediate);
  for (const [index, text] of lines.entries()) bridge.irc.message('#room', 'bot_', text, `own-${index + 1}`);
  bridge.irc.message('#room', 'Bob', 'three');
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).some((message) => message.endsWith('three')));
  assert.deepEqual(bridge.homeserver.messages(roomId), ['@irc_net_bob:example.org: three']);
});

test('a message that waited before it came to the bridge carries its time, too', async () => {
  const bridge = await start('connections: relay');
  const roomId = await openRoom(bridge);
  const events = [matrixMessage(roomId, 'late', { origin_server_ts: 1_000_000_000_000 }), matrixMessage(roomId, 'now')];
  await bridge.transact('1', events);
  assert.deepEqual(await bridge.irc.texts(2), ['<alice> [2001-09-09 01:46 UTC] late', '<alice> now']);
});

test('messages of IRC reach the room in their order and once, although the homeserver fails in between', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  let failures = 3;
  // The homeserver has taken the message and says nothing of it: the same is sent again.
  bridge.homeserver.answerAfter = (asked) => {
    if (!asked.includes('/send/') || failures === 0) return undefined;
    failures -= 1;
    return { status: 502, body: {} };
  };
  for (const text of ['a', 'b', 'c']) bridge.irc.message('#room', 'Bob', text);
  // The network repeats what it has told already, as after a reconnection.
  for (const text of ['a', 'b', 'c', 'd']) bridge.irc.message('#room', 'Bob', text);
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).length >= 4);
  const from = '@irc_net_bob:example.org';
  assert.deepEqual(bridge.homeserver.messages(roomId), [`${from}: a`, `${from}: b`, `${from}: c`, `${from}: d`]);
});

test('what IRC said before a crash is sent after it', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  bridge.homeserver.refuse = (asked) => (asked.includes('/send/') ? { status: 503, body: {} } : undefined);
  bridge.irc.message('#room', 'bob', 'a');
  await bridge.homeserver.until(() => bridge.homeserver.requests.some((asked) => asked.includes('/send/')));
  // The first answer is refused, so the message is stored and not sent.
  const stopped = bridge.restart();
  bridge.homeserver.refuse = () => undefined;
  await stopped;
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).length > 0);
  assert.deepEqual(bridge.homeserver.messages(roomId), ['@irc_net_bob:example.org: a']);
});

test('a bridge that starts again tells its networks up to where it knows their channels', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  bridge.irc.message('#room', 'bob', 'a');
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).length > 0);
  while (bridge.bridge.bridge.inbox.activeKeys > 0) await new Promise(setImmediate);
  assert.ok(!bridge.irc.done.includes('taken #room'));
  await bridge.restart();
  assert.ok(bridge.irc.done.includes('taken #room'));
});

test('who was on IRC when the bridge ended comes back to the same channels, and who had left does not', async () => {
  const bridge = await start('connections: personal');
  const roomId = await openRoom(bridge);
  const say = (sender: string, body: string) => matrixMessage(roomId, body, { sender: `@${sender}:example.org` });
  await bridge.transact('1', [say('alice', 'a'), say('carol', 'c'), say('carol', '!irc quit')]);
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).some((text) => text.includes('any more')));
  while (bridge.bridge.bridge.outbox.activeKeys > 0) await new Promise(setImmediate);
  bridge.irc.users.clear();
  bridge.irc.done.length = 0;
  await bridge.restart();
  await bridge.irc.until(() => bridge.irc.done.includes('join @alice:example.org #room'));
  assert.deepEqual([...bridge.irc.users.keys()], ['@alice:example.org']);
});

test('nothing of our own comes back: puppets to IRC, connections of Matrix users to Matrix', async () => {
  const bridge = await start('connections: personal');
  const roomId = await openRoom(bridge);
  await bridge.transact('1', [matrixMessage(roomId, 'x', { sender: '@irc_net_bob:example.org' })]);
  await bridge.transact('2', [matrixMessage(roomId, 'hello')]);
  assert.deepEqual(await bridge.irc.texts(1), ['hello']);
  assert.equal(bridge.irc.nickOf('@alice:example.org'), 'alice[m]');
  bridge.irc.message('#room', 'bob', 'alice[m]: hi');
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).length > 0);
  assert.deepEqual(bridge.homeserver.messages(roomId), ['@irc_net_bob:example.org: alice[m]: hi']);
  const event = bridge.homeserver.events.find(({ roomId: room }) => room === roomId);
  assert.deepEqual(event?.content['m.mentions'], { user_ids: ['@alice:example.org'] });
});

test('a room is linked only when its people and the channel’s operators both want it', async () => {
  const bridge = await start();
  const roomId = '!own:example.org';
  bridge.homeserver.state.set(`${roomId} m.room.power_levels`, { users: { '@alice:example.org': 100 } });
  const asked = (sender: string) => [matrixMessage(roomId, '!irc link #chan', { sender })];
  await bridge.transact('1', asked('@mallory:example.org'));
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).some((text) => text.includes('Only those')));
  await bridge.transact('2', asked('@alice:example.org'));
  const [question = ''] = await bridge.irc.texts(1);
  const code = question.split('!link ')[1] ?? '';
  bridge.irc.channels.set('#chan', [
    { nick: 'op', prefixes: '@' },
    { nick: 'bob', prefixes: '' },
  ]);
  bridge.irc.message('#chan', 'bob', `!link ${code}`);
  bridge.irc.message('#chan', 'op', '!link wrong');
  bridge.irc.message('#chan', 'op', `!link ${code}`);
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).some((text) => text.includes('op agreed')));
  bridge.irc.message('#chan', 'bob', 'now');
  await bridge.homeserver.until(() =>
    bridge.homeserver.messages(roomId).some((text) => text.endsWith('bob:example.org: now')),
  );
});

test('a netsplit makes nobody leave who comes back in time', async () => {
  const bridge = await start('leave_after_ms: 50');
  const roomId = await openRoom(bridge);
  bridge.irc.channels.set('#room', [{ nick: 'bob', prefixes: '' }]);
  for (const nick of ['bob', 'carol']) bridge.irc.message('#room', nick, 'hi');
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).length === 2);
  const people = ['bob', 'carol'].map((nick) => ({ nick, channels: ['#room'] }));
  bridge.irc.receive({ kind: 'netsplit', people, reason: 'a.net b.net' });
  await bridge.homeserver.until(() => !bridge.homeserver.members.get(roomId)?.has('@irc_net_carol:example.org'));
  assert.ok(bridge.homeserver.members.get(roomId)?.has('@irc_net_bob:example.org'));
});
