import { setTimeout as wait } from 'node:timers/promises';
import { createRandom, type Random } from '../random.ts';
import { actInRoom, roomPath, type SimulatedRoom, say } from './act-in-room.ts';
import { describeDivergence } from './describe-divergence.ts';
import { findDivergence, type RoomSnapshot, readSnapshot } from './find-divergence.ts';
import { HostileMember } from './hostile-member.ts';
import type { NetworkFaults } from './simulated-network.ts';
import type { SimulatedServer, SimulatedServers } from './simulated-servers.ts';

export interface FederationResult {
  readonly seed: number;
  readonly roomVersion: string;
  /** The first thing in which the servers disagree; undefined: in nothing. */
  readonly divergence: string | undefined;
  /** What the servers know, where they disagree. */
  readonly description: string | undefined;
  readonly events: number;
  readonly softFailed: number;
  /** From the end of the faults until all agreed. */
  readonly healedMs: number;
}

const roomVersions = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];
const actions = 60;
const atOnce = 3;
/** One seed in so many has a server that is restored from an old copy of its database. */
const restoringSeeds = 8;
const joinDeadlineMs = 20_000;
/** Longer than a server remembers that nobody could tell it what came before. */
const agreeDeadlineMs = 90_000;
/** A room in which nobody says anything more need not heal: after so long, somebody does. */
const speakAgainMs = 1_500;
const lookAgainMs = 50;

/** Plays one seed in a new room of the servers and judges what became of it. */
export async function runFederationSeed(simulated: SimulatedServers, seed: number): Promise<FederationResult> {
  const random = createRandom(seed);
  const roomVersion = roomVersions[seed % roomVersions.length] ?? '12';
  const { network, servers } = simulated;
  network.heal();
  simulated.log.clear();
  const room = await makeRoom(random, servers, roomVersion);
  const hostile = await HostileMember.join(simulated.hostile, targetOf(random.pick(servers)), room.roomId);
  await untilAgreed(simulated, room, new Set());
  const before = new Set((await snapshotsOf(room)).flatMap(({ accepted }) => [...accepted]));
  network.begin(random, faultsOf(random));
  await playActions(random, simulated, room, hostile, seed % restoringSeeds === 0);
  network.heal();
  const healedMs = await untilAgreed(simulated, room, before);
  const snapshots = await snapshotsOf(room);
  const all = new Set(snapshots.flatMap(({ accepted }) => [...accepted]));
  const softFailed = new Set(snapshots.flatMap((snapshot) => [...snapshot.softFailed]));
  const divergence = findDivergence(snapshots, before, room.told);
  const description = divergence === undefined ? undefined : await describeDivergence(simulated, room.roomId);
  return { seed, roomVersion, divergence, description, events: all.size, softFailed: softFailed.size, healedMs };
}

function faultsOf(random: Random): NetworkFaults {
  return {
    lossProbability: random.pick([0, 0.1, 0.4]) as number,
    lostAnswerProbability: random.pick([0, 0.1, 0.3]) as number,
    doubleProbability: random.pick([0, 0.2]) as number,
    longestDelayMs: random.pick([0, 5, 40]) as number,
  };
}

/** A public room of one server's resident, in which the residents of all others are and can do what the founder can. */
async function makeRoom(
  random: Random,
  servers: readonly SimulatedServer[],
  roomVersion: string,
): Promise<SimulatedRoom> {
  const [founding, ...others] = random.shuffle(servers) as [SimulatedServer, ...SimulatedServer[]];
  const levels = Object.fromEntries(others.map(({ resident }) => [resident.userId, 100]));
  const isNamed = roomVersion !== '12';
  const { room_id: roomId } = await founding.resident.call('POST', '/_matrix/client/v3/createRoom', {
    preset: 'public_chat',
    room_version: roomVersion,
    power_level_content_override: {
      users: { ...levels, ...(isNamed && { [founding.resident.userId]: 100 }) },
      events: { 'm.room.topic': 0, 'm.room.name': 0 },
    },
  });
  for (const { resident } of others) {
    const path = `/_matrix/client/v3/join/${encodeURIComponent(roomId)}?via=${founding.name}`;
    await resident.call('POST', path, {});
  }
  return { roomId, told: new Set(), servers };
}

async function playActions(
  random: Random,
  simulated: SimulatedServers,
  room: SimulatedRoom,
  hostile: HostileMember,
  restores: boolean,
): Promise<void> {
  const { network, servers } = simulated;
  const restored = restores ? random.pick(servers) : undefined;
  const keepsCopyAt = random.integer(actions / 3);
  for (let step = 0; step < actions; step += atOnce) {
    if (restored && step <= keepsCopyAt && keepsCopyAt < step + atOnce) await restored.backUp();
    if (restored && step >= (2 * actions) / 3 && step < (2 * actions) / 3 + atOnce) {
      await restored.restore();
      await forgetLost(room);
    }
    if (random.chance(0.2))
      network.split(random.chance(0.5) ? [] : servers.filter(() => random.chance(0.5)).map(({ name }) => name));
    if (random.chance(0.3)) network.letServersNotice();
    if (random.chance(0.3)) await hostile.act(random, servers.map(targetOf));
    await Promise.all(Array.from({ length: 1 + random.integer(atOnce) }, () => actInRoom(random, room)));
    if (random.chance(0.3)) await wait(random.integer(40));
  }
}

/** What only the lost disk had is lost. */
async function forgetLost(room: SimulatedRoom): Promise<void> {
  const snapshots = await snapshotsOf(room);
  for (const eventId of room.told) {
    if (!snapshots.some(({ accepted, softFailed }) => accepted.has(eventId) || softFailed.has(eventId))) {
      room.told.delete(eventId);
    }
  }
}

/** Until the servers agree, or until they have had more than enough time for it. Gives how long it took. */
async function untilAgreed(
  { network }: SimulatedServers,
  room: SimulatedRoom,
  before: ReadonlySet<string>,
): Promise<number> {
  const startedMs = performance.now();
  const deadlineMs = before.size === 0 ? joinDeadlineMs : agreeDeadlineMs;
  if (before.size > 0) await speak(room);
  let spokeMs = startedMs;
  for (;;) {
    const nowMs = performance.now();
    const snapshots = await snapshotsOf(room).catch(() => []);
    if (isAgreed(snapshots, room, before) || nowMs - startedMs > deadlineMs) return nowMs - startedMs;
    if (nowMs - spokeMs > speakAgainMs) {
      network.letServersNotice();
      if (before.size > 0) await speak(room);
      if (before.size > 0) await lookBack(room);
      spokeMs = nowMs;
    }
    await wait(lookAgainMs);
  }
}

/** At the beginning servers need not know what was before them: then the state is enough. */
function isAgreed(snapshots: readonly RoomSnapshot[], room: SimulatedRoom, before: ReadonlySet<string>): boolean {
  if (snapshots.length === 0) return false;
  const known = before.size > 0 ? before : new Set(snapshots.flatMap(({ accepted }) => [...accepted]));
  return findDivergence(snapshots, known, room.told) === undefined;
}

async function speak(room: SimulatedRoom): Promise<void> {
  for (const { resident } of room.servers) await say(room, resident, 'still here');
}

/** What lies in a gap that was bridged comes when somebody wants to read it. */
async function lookBack(room: SimulatedRoom): Promise<void> {
  for (const { resident } of room.servers) await resident.send('GET', roomPath(room, '/messages?dir=b&limit=200'));
}

async function snapshotsOf({ servers, roomId }: SimulatedRoom): Promise<RoomSnapshot[]> {
  return await Promise.all(servers.map((server) => readSnapshot(server.context(), roomId)));
}

function targetOf(server: SimulatedServer | undefined): { name: string; baseUrl: string } {
  if (!server) throw new Error('there are no servers');
  return { name: server.name, baseUrl: server.resident.baseUrl };
}
