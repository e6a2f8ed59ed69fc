import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { startTestBridge, type TestBridge } from '../testing/start-test-bridge.ts';

let running: TestBridge | undefined;
let timer: NodeJS.Timeout | undefined;
afterEach(async () => {
  clearInterval(timer);
  await running?.close();
  running = undefined;
});

const network = 'canary: { channel: "#canary", interval_ms: 100, alarm_ms: 3000 }';

/** Has the fake homeserver send what the canary says in its room back to the bridge, unless `isBroken`. */
function sendBack(bridge: TestBridge, isBroken: () => boolean): void {
  let sent = 0;
  timer = setInterval(() => {
    const events = bridge.homeserver.events.slice(sent);
    sent += events.length;
    const own = events.filter(({ sender }) => sender === '@irc_canary:example.org');
    if (own.length === 0 || isBroken()) return;
    const wire = own.map(({ roomId, type, sender, content, transactionId }) => ({
      ...{ type, room_id: roomId, sender, content, event_id: `$${transactionId}`, origin_server_ts: 0 },
    }));
    // The last of them may meet a bridge that is closed already.
    bridge.transact(`back${sent}`, wire).catch(() => {});
  }, 20);
}

function readCanary(bridge: TestBridge) {
  const canary = bridge.bridge.bridge.canaries.get('net');
  assert.ok(canary);
  return canary.read();
}

/** Resolves when `check` is true; the runner's own limit ends it otherwise. */
async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a message goes each way; when only Matrix to IRC is broken, that direction is named, and its return as well', async () => {
  running = await startTestBridge(network);
  const bridge = running;
  let isBroken = false;
  sendBack(bridge, () => isBroken);
  await until(() => Object.values(readCanary(bridge)).every(({ roundTripMs }) => roundTripMs !== undefined));
  isBroken = true;
  await until(() => readCanary(bridge).matrix_to_irc.isSilent);
  assert.equal(readCanary(bridge).irc_to_matrix.isSilent, false);
  isBroken = false;
  await until(() => !readCanary(bridge).matrix_to_irc.isSilent);
});

test('when only IRC to Matrix is broken, that direction is named', async () => {
  running = await startTestBridge(network);
  const bridge = running;
  sendBack(bridge, () => false);
  await until(() => Object.values(readCanary(bridge)).every(({ roundTripMs }) => roundTripMs !== undefined));
  // The bot does not see the canary's notices, as when its connection has gone deaf.
  const { receive } = bridge.irc;
  bridge.irc.receive = (event) => {
    if (event.kind !== 'message' || !event.text.startsWith('canary irc_to_matrix')) receive(event);
  };
  await until(() => readCanary(bridge).irc_to_matrix.isSilent);
  assert.equal(readCanary(bridge).matrix_to_irc.isSilent, false);
});
