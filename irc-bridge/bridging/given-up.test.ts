import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { systemRandom } from '@holdfast/effects/random.ts';
import { IrcConnectionLost, IrcRefusal } from '../irc/irc-refusal.ts';
import { matrixMessage, openRoom, startTestBridge, type TestBridge } from '../testing/start-test-bridge.ts';

let running: TestBridge | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(network = 'connections: relay'): Promise<TestBridge> {
  running = await startTestBridge(network);
  return running;
}

const forbidden = { status: 403, body: { errcode: 'M_FORBIDDEN', error: 'You may not' } };

function toldIn(bridge: TestBridge, roomId: string, words: string): number {
  return bridge.homeserver.messages(roomId).filter((text) => text.includes(words)).length;
}

test('whatever the network refuses, by whatever number, what is said afterwards gets there', async () => {
  const bridge = await start('connections: personal');
  const roomId = await openRoom(bridge);
  await bridge.transact('1', [matrixMessage(roomId, 'hello')]);
  await bridge.irc.texts(1);
  const refuse = async () => {
    throw new IrcRefusal('not now', '437');
  };
  Object.assign(bridge.irc, { part: refuse, setTopic: refuse, setMode: refuse, kick: refuse, join: refuse });
  bridge.homeserver.refuse = (asked) => (asked.startsWith('PUT') && asked.includes('/state/') ? forbidden : undefined);
  const state = (type: string, stateKey: string, content: object) =>
    matrixMessage(roomId, '', { type, state_key: stateKey, content });
  await bridge.transact('2', [
    state('m.room.member', '@alice:example.org', { membership: 'leave' }),
    state('m.room.topic', '', { topic: 'tea' }),
    state('m.room.join_rules', '', { join_rule: 'invite' }),
    state('m.room.power_levels', '', { events_default: 1 }),
    matrixMessage(roomId, 'refused'),
  ]);
  await bridge.homeserver.until(() => toldIn(bridge, roomId, 'Not delivered to #room on net: not now') === 1);
  assert.equal(toldIn(bridge, roomId, 'IRC does not do that: not now'), 3);
  bridge.irc.join = async () => {};
  await bridge.transact('3', [matrixMessage(roomId, 'afterwards')]);
  assert.deepEqual(await bridge.irc.texts(2), ['hello', 'afterwards']);
});

test('a line at which the server ends the connection each time is given up, and its sender told', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  let tries = 0;
  bridge.irc.onSay = ({ text }) => {
    if (!text.includes('spam')) return;
    tries += 1;
    throw new IrcConnectionLost('Closing link: spam', true, true);
  };
  await bridge.transact('1', [matrixMessage(roomId, 'spam'), matrixMessage(roomId, 'good')]);
  assert.deepEqual(await bridge.irc.texts(1), ['<alice> good']);
  assert.equal(tries, 3);
  assert.equal(toldIn(bridge, roomId, 'the server ends the connection when it is said'), 1);
});

test('a connection that breaks by itself gives up nothing, however often', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  let tries = 0;
  bridge.irc.onSay = () => {
    tries += 1;
    queueMicrotask(() => bridge.bridge.bridge.outbox.hurry());
    if (tries <= 8) throw new IrcConnectionLost('the server does not answer any more', true);
  };
  await bridge.transact('1', [matrixMessage(roomId, 'patient')]);
  assert.deepEqual(await bridge.irc.texts(1), ['<alice> patient']);
});

test('what the homeserver refuses of a message is told, and holds up nothing', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  bridge.homeserver.refuse = (asked) => (asked.includes('/upload') ? forbidden : undefined);
  const long = Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n');
  await bridge.transact('1', [matrixMessage(roomId, long), matrixMessage(roomId, 'good')]);
  assert.deepEqual(await bridge.irc.texts(1), ['<alice> good']);
  assert.equal(toldIn(bridge, roomId, 'the homeserver does not allow it (You may not)'), 1);
});

test('a command that the homeserver refuses is answered', async () => {
  const bridge = await start();
  bridge.homeserver.refuse = (asked) => (asked.includes('/invite') ? forbidden : undefined);
  await bridge.transact('1', [matrixMessage('!own:example.org', '!irc join #tea')]);
  await bridge.homeserver.until(() => toldIn(bridge, '!own:example.org', 'does not allow that: You may not') === 1);
});

test('a private message that the homeserver takes no room for does not hold up the next one', async () => {
  const bridge = await start('connections: personal');
  let refusals = 1;
  bridge.homeserver.refuse = (asked) => (asked.includes('/createRoom') && refusals-- > 0 ? forbidden : undefined);
  const say = (text: string) =>
    bridge.irc.receive({
      ...{ kind: 'message', identity: text, channel: undefined, toUser: '@alice:example.org', nick: 'bob' },
      ...{ form: 'message', text, saidAtMs: 1 },
    });
  say('lost');
  say('kept');
  await bridge.homeserver.until(() => bridge.homeserver.messages().includes('@irc_net_bob:example.org: kept'));
});

test('members that are called as those that all objects have do not hold up what comes after them', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  const content = JSON.parse('{"msgtype":"m.text","body":"odd","__proto__":{"x":1},"constructor":{"prototype":{}}}');
  assert.equal(await bridge.transact('1', [matrixMessage(roomId, '', { content })]), 200);
  assert.equal(await bridge.transact('2', [matrixMessage(roomId, 'good')]), 200);
  assert.deepEqual(await bridge.irc.texts(2), ['<alice> odd', '<alice> good']);
});

test('an event whose time is none is said without delay, also when it is late', async () => {
  running = await startTestBridge('connections: relay', 'limits: { late_after_ms: 0 }');
  const roomId = await openRoom(running);
  const times = ['x', 1e300, null, -1];
  const events = times.map((time, index) => matrixMessage(roomId, `m${index}`, { origin_server_ts: time }));
  assert.equal(await running.transact('1', events), 200);
  const texts = await running.irc.texts(times.length);
  assert.deepEqual(
    texts.map((text) => text.replace(/\[2\d{3}-.*UTC\]/, '[now]')),
    ['[now]', '[now]', '[now]', '[1969-12-31 23:59 UTC]'].map((time, index) => `<alice> ${time} m${index}`),
  );
});

test('a homeserver that does not know the bridge for a while, or a proxy in its place, loses nothing', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  const answers = [
    { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', error: 'Unknown token' } },
    { status: 404, body: {} },
  ];
  bridge.homeserver.refuse = (asked) => (asked.includes('/send/') ? answers.shift() : undefined);
  bridge.irc.message('#room', 'bob', 'kept');
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).length === 1);
  assert.deepEqual(bridge.homeserver.messages(roomId), ['@irc_net_bob:example.org: kept']);
});

test('a message with half of a character is said once, and holds up nothing', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  await bridge.transact('1', [matrixMessage(roomId, 'odd \ud800'), matrixMessage(roomId, 'good')]);
  assert.deepEqual(await bridge.irc.texts(2), ['<alice> odd \ud800', '<alice> good']);
});

test('what cannot be remembered of a message is not, and the message is said once', async () => {
  const bridge = await start();
  const roomId = await openRoom(bridge);
  const { sql } = bridge.bridge.bridge.context;
  await sql`ALTER TABLE message ADD CONSTRAINT none CHECK (excerpt <> 'odd')`;
  await bridge.transact('1', [matrixMessage(roomId, 'odd'), matrixMessage(roomId, 'good')]);
  assert.deepEqual(await bridge.irc.texts(2), ['<alice> odd', '<alice> good']);
  for (const text of ['odd', 'well']) bridge.irc.message('#room', 'bob', text);
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).length === 2);
});

test('names of any length hold up nobody', async () => {
  const bridge = await start('connections: personal');
  const roomId = await openRoom(bridge);
  bridge.irc.receive({
    ...{ kind: 'message', identity: 'x', channel: undefined, toUser: '@alice:example.org', nick: randomName(8_000) },
    ...{ form: 'message', text: 'x', saidAtMs: 1 },
  });
  bridge.irc.message('#room', 'bob', 'good');
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).length === 1);
});

/** PostgreSQL cannot make it shorter. */
function randomName(length: number): string {
  return Array.from({ length: length / 8 }, () => systemRandom.token(6)).join('');
}
