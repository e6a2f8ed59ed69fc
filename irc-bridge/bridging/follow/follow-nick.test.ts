import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { matrixMessage, startTestBridge, type TestBridge } from '../../testing/start-test-bridge.ts';

let running: TestBridge | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

/** Says something to alice in private; gives the room once it is there. */
async function sayPrivately({ irc, homeserver }: TestBridge, nick: string, text: string): Promise<string> {
  irc.receive({
    ...{ kind: 'message', identity: text, channel: undefined, toUser: '@alice:example.org', nick },
    ...{ form: 'message', text, saidAtMs: 1 },
  });
  const { roomId } = await homeserver.until(() => homeserver.events.find(({ content }) => content['body'] === text));
  return roomId;
}

async function start(): Promise<TestBridge> {
  running = await startTestBridge('connections: personal');
  return running;
}

test('a conversation in private goes on in its room when the person of IRC changes its nick', async () => {
  const bridge = await start();
  const { irc, homeserver } = bridge;
  const roomId = await sayPrivately(bridge, 'bob', 'hi');
  homeserver.state.set(`${roomId} m.room.name`, { name: 'bob (net)' });
  homeserver.state.set(`${roomId} m.room.power_levels`, { users: { '@irc_net_bob:example.org': 100 } });
  irc.receive({ kind: 'nick', nick: 'bob', newNick: 'Bobby', channels: [] });
  assert.equal(await sayPrivately(bridge, 'Bobby', 'still me'), roomId);
  assert.deepEqual(homeserver.messages(roomId).at(-1), '@irc_net_bobby:example.org: still me');
  assert.deepEqual([...(homeserver.members.get(roomId) ?? [])], ['@irc_net_bobby:example.org']);
  assert.deepEqual(homeserver.state.get(`${roomId} m.room.name`), { name: 'Bobby (net)' });
  const { users } = homeserver.state.get(`${roomId} m.room.power_levels`) as { users: object };
  assert.equal(Object.entries(users).find(([userId]) => userId.includes('bobby'))?.[1], 100);
  await bridge.transact('1', [matrixMessage(roomId, 'good')]);
  await irc.texts(1);
  assert.equal(irc.said[0]?.target, 'Bobby');
  // Whoever has the former nick now is somebody else, also after a restart.
  await bridge.restart();
  assert.notEqual(await sayPrivately(bridge, 'bob', 'I am another one'), roomId);
});

test('where the two talk under the new nick already, the former room ends with a word about the other', async () => {
  const bridge = await start();
  const { irc, homeserver } = bridge;
  const former = await sayPrivately(bridge, 'bob', 'hi');
  const other = await sayPrivately(bridge, 'bobby', 'hello');
  irc.receive({ kind: 'nick', nick: 'bob', newNick: 'bobby', channels: [] });
  await homeserver.until(() => homeserver.messages(former).some((text) => text.endsWith(`matrix.to/#/${other}`)));
  await homeserver.until(() => homeserver.members.get(former)?.size === 0);
  assert.equal(await sayPrivately(bridge, 'bobby', 'and again'), other);
});

test('what was said under the former nick and waits comes before what is said under the new one', async () => {
  const bridge = await start();
  const { irc, homeserver } = bridge;
  const roomId = await sayPrivately(bridge, 'bob', 'hi');
  homeserver.refuse = (asked) => (asked.includes('/send/') ? { status: 503, body: {} } : undefined);
  const say = (nick: string, text: string) =>
    irc.receive({
      ...{ kind: 'message', identity: text, channel: undefined, toUser: '@alice:example.org', nick },
      ...{ form: 'message', text, saidAtMs: 1 },
    });
  say('bob', 'late');
  await homeserver.until(() => homeserver.requests.filter((asked) => asked.includes('/send/')).length > 1);
  irc.receive({ kind: 'nick', nick: 'bob', newNick: 'bobby', channels: [] });
  say('bobby', 'later');
  homeserver.refuse = () => undefined;
  await homeserver.until(() => homeserver.messages().some((text) => text.endsWith(': later')));
  const own = ['@irc_net_bob:example.org: hi', '@irc_net_bob:example.org: late', '@irc_net_bobby:example.org: later'];
  assert.deepEqual(homeserver.messages(roomId), own);
});

test('a nick that is written in another way makes nobody leave', async () => {
  const bridge = await start();
  const { irc, homeserver } = bridge;
  await bridge.bridge.bridge.context.portals.add({
    ...{ roomId: '!tea:example.org', network: 'net', target: '#tea', displayTarget: '#tea', userId: '' },
    ...{ kind: 'linked', channelKey: null, isEncrypted: false },
  });
  irc.message('#tea', 'bob', 'hi');
  await homeserver.until(() => homeserver.messages('!tea:example.org').length === 1);
  irc.receive({ kind: 'nick', nick: 'bob', newNick: 'BOB', channels: ['#tea'] });
  irc.message('#tea', 'BOB', 'HI');
  await homeserver.until(() => homeserver.messages('!tea:example.org').length === 2);
  assert.ok(!homeserver.requests.some((asked) => asked.endsWith('/leave')));
});
