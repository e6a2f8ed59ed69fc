import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { openRoom, startTestBridge, type TestBridge } from '../../testing/start-test-bridge.ts';

let running: TestBridge | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

/** A bridge with a room in which bob of IRC has spoken. */
async function start(network: string): Promise<{ bridge: TestBridge; roomId: string }> {
  running = await startTestBridge(`connections: relay\n${network}`);
  const roomId = await openRoom(running);
  running.irc.channels.set('#room', [{ nick: 'bob', prefixes: '' }]);
  running.irc.message('#room', 'bob', 'hi');
  await running.homeserver.until(() => running?.homeserver.messages(roomId).length === 1);
  return { bridge: running, roomId };
}

const statusPath = 'PUT /_matrix/client/v3/presence/@irc_net_bob:example.org/status';

function told({ homeserver }: TestBridge): unknown[] {
  return homeserver.bodies.filter(({ asked }) => asked === statusPath).map(({ body }) => body);
}

test('who of IRC speaks, goes away, comes back and leaves is shown so', async () => {
  const { bridge } = await start('presence: true');
  const { irc, homeserver } = bridge;
  const toldOf = (count: number) => homeserver.until(() => told(bridge).length === count && told(bridge).at(-1));
  assert.deepEqual(await toldOf(1), { presence: 'online' });
  irc.away.set('bob', '\u0002at\u0002 lunch');
  irc.receive({ kind: 'away', nick: 'bob', message: 'at lunch' });
  assert.deepEqual(await toldOf(2), { presence: 'unavailable', status_msg: 'at lunch' });
  irc.away.delete('bob');
  irc.receive({ kind: 'away', nick: 'bob', message: undefined });
  assert.deepEqual(await toldOf(3), { presence: 'online' });
  irc.channels.set('#room', []);
  irc.receive({ kind: 'quit', nick: 'bob', reason: '', isSplit: false, channels: ['#room'] });
  assert.deepEqual(await toldOf(4), { presence: 'offline' });
});

test('somebody who comes and goes a hundred times at once is told of once, as it is then', async () => {
  const { bridge } = await start('presence: true');
  const { irc, homeserver } = bridge;
  await homeserver.until(() => told(bridge).length === 1);
  for (let turn = 0; turn < 100; turn++) {
    irc.away.set('bob', `away ${turn}`);
    irc.receive({ kind: 'away', nick: 'bob', message: `away ${turn}` });
  }
  await homeserver.until(() => told(bridge).length === 2);
  assert.deepEqual(told(bridge)[1], { presence: 'unavailable', status_msg: 'away 99' });
  assert.equal(bridge.bridge.bridge.presence.waiting, 0);
});

test('of whom no room knows nothing is told, and of nobody where it is not wanted', async () => {
  const { bridge, roomId } = await start('presence: true');
  const { irc, homeserver } = bridge;
  irc.channels.set('#room', [...irc.members('#room'), { nick: 'carol', prefixes: '' }]);
  irc.away.set('carol', 'gone');
  irc.receive({ kind: 'away', nick: 'carol', message: 'gone' });
  irc.away.set('bob', 'last');
  irc.receive({ kind: 'away', nick: 'bob', message: 'last' });
  await homeserver.until(() => told(bridge).some((body) => (body as { status_msg?: string }).status_msg === 'last'));
  assert.ok(!homeserver.requests.some((asked) => asked.includes('carol')));
  await bridge.close();
  const other = await start('');
  other.bridge.irc.receive({ kind: 'away', nick: 'bob', message: 'x' });
  other.bridge.irc.message('#room', 'bob', 'bye');
  await other.bridge.homeserver.until(() => other.bridge.homeserver.messages(roomId).length === 2);
  assert.deepEqual([told(other.bridge), other.bridge.bridge.bridge.presence.waiting], [[], 0]);
});
