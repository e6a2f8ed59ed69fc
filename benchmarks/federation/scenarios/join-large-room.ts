import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { serveRoom } from '@holdfast/conformance/stub-servers/serve-room.ts';
import { makeStubRoom } from '@holdfast/conformance/stub-servers/stub-room.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { readTreeMemoryBytes } from '../../load/process-memory.ts';
import { watchEventLoop } from '../event-loop-delay.ts';
import type { FederatedServer, FederationRun, FederationScenario } from '../federation-run.ts';
import { joinThrough, sendText } from '../send-and-wait.ts';

const memberServers = 20;
const sampleEveryMs = 100;
const wholeStateMs = 600_000;

/**
 * Joins a room with many members and much state: until the first message is sent, and until all members are known. The
 * room is made by a generator. Who joins is told it by stub servers, which answer at once, so that only the joining server
 * is measured; or by a Synapse that joined it before, whose own work is then a part of what is measured.
 */
export const joinLargeRoom: FederationScenario = {
  name: 'join',
  async measure(run) {
    const { roomId, resident } = await makeResident(run);
    const server = await run.startServer(run.peer);
    const user = await registerUser(server.baseUrl, 'newcomer');
    const memory = sampleMemory(server.pid);
    const endWatch = await watchEventLoop(server, 'joinLoopMs');
    try {
      const startMs = performance.now();
      await joinThrough(user, roomId, resident.serverName);
      const joinedMs = performance.now() - startMs;
      await sendText(user, roomId, 'here I am');
      const sentMs = performance.now() - startMs;
      run.log(`joined after ${(joinedMs / 1000).toFixed(1)} s, first message after ${(sentMs / 1000).toFixed(1)} s`);
      await waitForMembers(user, roomId, run.sizes.members);
      const wholeMs = performance.now() - startMs;
      const peakBytes = memory.stop();
      run.log(`all members after ${(wholeMs / 1000).toFixed(1)} s, at most ${Math.round(peakBytes / 2 ** 20)} MiB`);
      return [
        { key: 'joinSeconds', value: sentMs / 1000 },
        { key: 'joinWholeSeconds', value: wholeMs / 1000 },
        { key: 'joinMemoryMebibytes', value: peakBytes / 2 ** 20 },
        ...(await endWatch()),
      ];
    } finally {
      memory.stop();
    }
  },
};

async function makeResident(
  run: FederationRun,
): Promise<{ roomId: string; resident: Pick<FederatedServer, 'serverName'> }> {
  const rules = roomVersionRules('10');
  if (rules === undefined) throw new Error('no room version 10');
  const stubs = [];
  for (let index = 0; index < memberServers; index++) stubs.push(await run.startStub());
  const [home] = stubs;
  if (home === undefined) throw new Error('no stub');
  const { members, stateEvents } = run.sizes;
  const keys = stubs.map(({ key }) => key);
  const room = makeStubRoom(rules, keys, { members, otherState: Math.max(0, stateEvents - members) });
  for (const stub of stubs) {
    stub.handlers.push(serveRoom(room, stub.name, { partialState: true }), ({ path }) =>
      path.startsWith('/_matrix/federation/v1/send/') ? { body: { pdus: {} } } : undefined,
    );
  }
  if (run.sizes.resident === 'stub') return { roomId: room.roomId, resident: { serverName: home.name } };
  const resident = await run.startServer('synapse');
  const user = await registerUser(resident.baseUrl, 'resident');
  const startMs = performance.now();
  await joinThrough(user, room.roomId, home.name);
  await waitForMembers(user, room.roomId, members);
  run.log(`the resident has the room after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return { roomId: room.roomId, resident };
}

/** Until the server lists all members; while it does not know them, it may wait or refuse. */
async function waitForMembers(user: TestUser, roomId: string, members: number): Promise<void> {
  let seen = 0;
  for (const endMs = performance.now() + wholeStateMs; performance.now() < endMs; await delay(500)) {
    const reply = await user.send('GET', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/joined_members`);
    seen = reply.status === 200 ? Object.keys(reply.body.joined).length : seen;
    if (seen > members) return;
  }
  assert.fail(`only ${seen} of ${members} members are known`);
}

function sampleMemory(pid: number): { stop(): number } {
  let peakBytes = 0;
  const sample = () => void (peakBytes = Math.max(peakBytes, readTreeMemoryBytes(pid)));
  const timer = setInterval(sample, sampleEveryMs);
  return {
    stop() {
      clearInterval(timer);
      return peakBytes;
    },
  };
}
