import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { serveRoom } from '@holdfast/conformance/stub-servers/serve-room.ts';
import { makeStubRoom } from '@holdfast/conformance/stub-servers/stub-room.ts';
import type { StubServer } from '@holdfast/conformance/stub-servers/stub-server.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { readTreeCpuSeconds } from '../../load/process-memory.ts';
import { median } from '../../load/summary.ts';
import type { FederationRun, FederationScenario } from '../federation-run.ts';
import { joinThrough, sendText } from '../send-and-wait.ts';

const patienceMs = 300_000;
const localMessages = 50;
/** After each message, in both rooms: until then the server has read the answers to what it sent. */
const pauseMs = 200;

/**
 * Messages into a room in which many servers are, each a moment after all have the one before: what the sender waits, and what it
 * costs until all have them.
 */
export const fanOut: FederationScenario = {
  name: 'fan-out',
  async measure(run) {
    const { stubs, roomId, received } = await makeWideRoom(run);
    const server = await run.startServer(run.peer);
    const user = await registerUser(server.baseUrl, 'speaker');
    const localRoom = await user.call('POST', '/_matrix/client/v3/createRoom', { room_version: '10' });
    const localMs: number[] = [];
    for (let index = 0; index < localMessages; index++) {
      localMs.push(await timeSend(user, localRoom.room_id, index));
      await delay(pauseMs);
    }
    await joinThrough(user, roomId, (stubs[0] as StubServer).name);
    // The first message finds every server, and opens a connection to it.
    await sendText(user, roomId, 'good day to all of you');
    const first = await waitForAll(stubs, received, 1);
    run.log(`the first message reached ${stubs.length} servers in ${(first / 1000).toFixed(1)} s`);

    const count = run.sizes.sentMessages[run.peer];
    const cpuBefore = readTreeCpuSeconds(server.pid);
    let allMs = 0;
    const wideMs: number[] = [];
    for (let index = 1; index <= count; index++) {
      const startMs = performance.now();
      wideMs.push(await timeSend(user, roomId, index));
      await waitForAll(stubs, received, 1 + index);
      allMs += performance.now() - startMs;
      await delay(pauseMs);
    }
    const cpuMs = ((readTreeCpuSeconds(server.pid) - cpuBefore) * 1000) / count;
    for (const stub of stubs) assert.equal(received.get(stub.name), 1 + count, 'each server got each message once');
    run.log(
      `${count} messages to ${stubs.length} servers in ${(allMs / 1000).toFixed(1)} s, ${cpuMs.toFixed(0)} ms CPU each`,
    );
    return [
      { key: 'sendLocalMs', value: median(localMs) },
      { key: 'sendWideMs', value: median(wideMs) },
      { key: 'fanOutCpuMs', value: cpuMs },
      { key: 'fanOutSeconds', value: allMs / count / 1000 },
    ];
  },
};

/** A room in which many stub servers are, and how many messages each of them has received. */
export async function makeWideRoom(run: FederationRun) {
  const rules = roomVersionRules('10');
  if (rules === undefined) throw new Error('no room version 10');
  const received = new Map<string, number>();
  const stubs: StubServer[] = [];
  for (let index = 0; index < run.sizes.servers; index++) stubs.push(await run.startStub());
  const keys = stubs.map(({ key }) => key);
  const room = makeStubRoom(rules, keys, { members: stubs.length, otherState: 0 });
  for (const stub of stubs) {
    stub.handlers.push(serveRoom(room, stub.name, { partialState: false }), ({ path, text }) => {
      if (!path.startsWith('/_matrix/federation/v1/send/')) return undefined;
      const { pdus } = JSON.parse(text) as { pdus: Pdu[] };
      const messages = pdus.filter(({ type }) => type === 'm.room.message');
      received.set(stub.name, (received.get(stub.name) ?? 0) + messages.length);
      return { body: { pdus: {} } };
    });
  }
  return { stubs, roomId: room.roomId, received };
}

/** What the sender waits for, in milliseconds. */
async function timeSend(user: TestUser, roomId: string, index: number): Promise<number> {
  const startMs = performance.now();
  await sendText(user, roomId, `message ${index}`);
  return performance.now() - startMs;
}

/** Resolves when all have so many messages; gives how long that took, in milliseconds. */
export async function waitForAll(stubs: readonly StubServer[], received: ReadonlyMap<string, number>, count: number) {
  const startMs = performance.now();
  while (!stubs.every(({ name }) => (received.get(name) ?? 0) >= count)) {
    if (performance.now() - startMs > patienceMs) {
      const late = stubs.filter(({ name }) => (received.get(name) ?? 0) < count).length;
      throw new Error(`${late} of ${stubs.length} servers did not get ${count} events within ${patienceMs / 1000} s`);
    }
    await delay(10);
  }
  return performance.now() - startMs;
}
