import { setTimeout as wait } from 'node:timers/promises';
import { partialRoomsOf } from '@holdfast/homeserver/rooms/remote/partial-rooms.ts';
import { createRandom, type Random } from '../random.ts';
import { actInRoom, roomPath, type SimulatedRoom, say } from './act-in-room.ts';
import { describeDivergence } from './describe-divergence.ts';
import { DeviceMessages } from './device-messages.ts';
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
  readonly deviceMessages: number;
  /** From the end of the faults until all agreed. */
  readonly healedMs: number;
  readonly kind: SeedKind;
}

/** What is special about a seed. */
export interface SeedKind {
  /** A server goes on from an old copy of its database. */
  readonly restores: boolean;
  /** Nothing but time and what people say ends the back-off of servers, and hardly anybody says anything. */
  readonly isUnaided: boolean;
  /** A server joins in the midst of the faults. */
  readonly hasLateJoiner: boolean;
  /** The hostile server's user is an administrator of the room. */
  readonly isHostileAdmin: boolean;
}

const roomVersions = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];
const actions = 60;
const atOnce = 3;
/** One seed in so many has a server that is restored from an old copy of its database, and so on. */
const restoringSeeds = 8;
const unaidedSeeds = 5;
const lateSeeds = 3;
const adminSeeds = 2;
const joinDeadlineMs = 20_000;
/** Longer than a server remembers that nobody could tell it what came before. */
const agreeDeadlineMs = 90_000;
/** State that could not be had at a join is looked for once a minute at first. */
const lookForStateMs = 60_000;
/** A room in which nobody says anything more need not heal: after so long, somebody does. */
const speakAgainMs = 1_500;
const speakAgainUnaidedMs = 15_000;
const lookAgainMs = 50;
/** Whose join has come to nothing with the others by then is out of the room, and is told no more. */
const outvotedAfterMs = 20_000;

/** What a seed plays with. */
interface Play {
  readonly simulated: SimulatedServers;
  readonly room: SimulatedRoom;
  readonly kind: SeedKind;
  readonly random: Random;
  readonly hostile: HostileMember;
  readonly devices: DeviceMessages;
  /** Not in the room yet. */
  readonly late: SimulatedServer | undefined;
}

export function kindOfSeed(seed: number, withLateJoiners: boolean): SeedKind {
  return {
    restores: seed % restoringSeeds === 0,
    isUnaided: seed % unaidedSeeds === 2,
    hasLateJoiner: withLateJoiners && seed % lateSeeds === 1,
    isHostileAdmin: seed % adminSeeds === 1,
  };
}

/** Plays one seed in a new room of the servers and judges what became of it. */
export async function runFederationSeed(
  simulated: SimulatedServers,
  seed: number,
  withLateJoiners = false,
): Promise<FederationResult> {
  const play = await beginSeed(simulated, kindOfSeed(seed, withLateJoiners), seed);
  const { network } = simulated;
  const { room, kind, random, devices } = play;
  const before = new Set((await snapshotsOf(room)).flatMap(({ accepted }) => [...accepted]));
  network.begin(random, faultsOf(random));
  await playActions(play);
  network.heal(!kind.isUnaided);
  const missing = await bringLate(play);
  const healedMs = await untilAgreed(play, before);
  const snapshots = await snapshotsOf(room);
  const all = new Set(snapshots.flatMap(({ accepted }) => [...accepted]));
  const softFailed = new Set(snapshots.flatMap((snapshot) => [...snapshot.softFailed]));
  const divergence = missing ?? findDivergence(snapshots, before, room.told) ?? (await findDeviceFault(play));
  const description = divergence === undefined ? undefined : await describeDivergence(simulated, room.roomId);
  return {
    ...{ seed, roomVersion: roomVersionOf(seed), divergence, description, healedMs, kind },
    ...{ events: all.size, softFailed: softFailed.size, deviceMessages: devices.count },
  };
}

function roomVersionOf(seed: number): string {
  return roomVersions[seed % roomVersions.length] ?? '12';
}

async function beginSeed(simulated: SimulatedServers, kind: SeedKind, seed: number): Promise<Play> {
  const random = createRandom(seed);
  const { network, servers, hostile: server } = simulated;
  network.heal(true);
  simulated.log.clear();
  const mixed = random.shuffle(servers);
  const late = kind.hasLateJoiner ? mixed.pop() : undefined;
  const admins = [
    ...servers.map(({ resident }) => resident.userId),
    ...(kind.isHostileAdmin ? [hostileId(server)] : []),
  ];
  const room = await makeRoom(mixed, admins, roomVersionOf(seed));
  const guestIds = servers.flatMap(({ guests }) => guests.map(({ userId }) => userId));
  const through = targetOf(random.pick(mixed));
  const hostile = await HostileMember.join({ server, through, roomId: room.roomId, random, guestIds });
  const devices = await DeviceMessages.begin(servers);
  const play = { simulated, room, kind, random, hostile, devices, late };
  await untilAgreed(play, new Set());
  return play;
}

/** A server that lost its disk has lost what it was to pass on, and has what it had passed on. */
async function findDeviceFault({ devices, kind }: Play): Promise<string | undefined> {
  return kind.restores ? undefined : await devices.findFault();
}

function faultsOf(random: Random): NetworkFaults {
  return {
    lossProbability: random.pick([0, 0.1, 0.4]) as number,
    lostAnswerProbability: random.pick([0, 0.1, 0.3]) as number,
    doubleProbability: random.pick([0, 0.2]) as number,
    longestDelayMs: random.pick([0, 5, 40]) as number,
  };
}

/** A public room of one server's resident, in which the residents of the others are; `admins` can do what the founder can. */
async function makeRoom(
  servers: readonly SimulatedServer[],
  admins: readonly string[],
  roomVersion: string,
): Promise<SimulatedRoom> {
  const [founding, ...others] = servers as [SimulatedServer, ...SimulatedServer[]];
  const isNamed = roomVersion !== '12';
  const named = admins.filter((userId) => isNamed || userId !== founding.resident.userId);
  const { room_id: roomId } = await founding.resident.call('POST', '/_matrix/client/v3/createRoom', {
    preset: 'public_chat',
    room_version: roomVersion,
    power_level_content_override: {
      users: Object.fromEntries(named.map((userId) => [userId, 100])),
      events: { 'm.room.topic': 0, 'm.room.name': 0 },
    },
  });
  const room = { roomId, told: new Set<string>(), servers: [founding] };
  for (const other of others) {
    if (!(await enter(room, other))) throw new Error(`${other.name} could not join`);
  }
  return room;
}

/** A server's resident joins through one that is there. */
async function enter(room: SimulatedRoom, server: SimulatedServer): Promise<boolean> {
  const via = room.servers.map(({ name }) => `via=${name}`).join('&');
  const path = `/_matrix/client/v3/join/${encodeURIComponent(room.roomId)}?${via}`;
  const { status } = await server.resident.send('POST', path, { body: {} });
  if (status === 200) room.servers.push(server);
  return status === 200;
}

async function playActions(play: Play): Promise<void> {
  const { random, room, hostile, kind, devices, late } = play;
  const { network, servers } = play.simulated;
  const restored = kind.restores ? random.pick(room.servers) : undefined;
  const keepsCopyAt = random.integer(actions / 3);
  const lateAt = random.integer(actions);
  for (let step = 0; step < actions; step += atOnce) {
    if (restored && step <= keepsCopyAt && keepsCopyAt < step + atOnce) await restored.backUp();
    if (restored && step >= (2 * actions) / 3 && step < (2 * actions) / 3 + atOnce) {
      await restored.restore();
      await forgetLost(room);
    }
    if (random.chance(0.2))
      network.split(random.chance(0.5) ? [] : servers.filter(() => random.chance(0.5)).map(({ name }) => name));
    if (random.chance(0.3) && !kind.isUnaided) network.letServersNotice();
    if (random.chance(hostile.isAdmin ? 0.7 : 0.3)) await hostile.act(servers.map(targetOf));
    if (random.chance(0.4)) await devices.send(random);
    const doings: Promise<unknown>[] = Array.from({ length: 1 + random.integer(atOnce) }, () =>
      actInRoom(random, room),
    );
    // A server that has had no answer may have joined all the same, so that each time is one more event.
    if (late && step >= lateAt && !room.servers.includes(late) && random.chance(0.3)) doings.push(enter(room, late));
    await Promise.all(doings);
    if (random.chance(0.3)) await wait(random.integer(40));
  }
}

/** Who could not join among the faults joins now. What is wrong where that does not succeed either. */
async function bringLate({ late, room, simulated }: Play): Promise<string | undefined> {
  const untilMs = performance.now() + joinDeadlineMs;
  while (late && !room.servers.includes(late)) {
    if (await enter(room, late)) break;
    if (performance.now() > untilMs) return `${late.name} cannot join`;
    simulated.network.letServersNotice();
    await wait(speakAgainMs);
  }
  return undefined;
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
async function untilAgreed(play: Play, before: ReadonlySet<string>): Promise<number> {
  const { simulated, room, kind } = play;
  const startedMs = performance.now();
  const isOver = before.size > 0;
  const deadlineMs = isOver ? agreeDeadlineMs + (play.late ? lookForStateMs : 0) : joinDeadlineMs;
  if (isOver) await speak(room);
  let spokeMs = startedMs;
  for (;;) {
    const nowMs = performance.now();
    let snapshots: readonly RoomSnapshot[] = await snapshotsOf(room).catch(() => []);
    if (isOver && nowMs - startedMs > outvotedAfterMs) snapshots = leaveOutvoted(play, snapshots, before);
    const isSame = isAgreed(snapshots, room, before) && (!isOver || (await findDeviceFault(play)) === undefined);
    if (isSame || nowMs - startedMs > deadlineMs) return nowMs - startedMs;
    if (nowMs - spokeMs > (isOver && kind.isUnaided ? speakAgainUnaidedMs : speakAgainMs)) {
      if (!isOver || !kind.isUnaided) {
        simulated.network.letServersNotice();
        if (play.late) await lookForMissingState(play.late);
      }
      if (isOver) await speak(room);
      if (isOver) await lookBack(room);
      spokeMs = nowMs;
    }
    await wait(lookAgainMs);
  }
}

/**
 * A join that crossed what an administrator forbade may have been taken by the server that it went through, and fall when
 * the two meet. The others agree that it is not in the room, and owe its server nothing.
 */
function leaveOutvoted(
  { late, room }: Play,
  snapshots: readonly RoomSnapshot[],
  before: ReadonlySet<string>,
): readonly RoomSnapshot[] {
  const others = snapshots.filter(({ serverName }) => serverName !== late?.name);
  if (!late || others.length === snapshots.length) return snapshots;
  const isIn = others.some(({ state, accepted, softFailed }) => {
    const join = snapshots
      .find(({ serverName }) => serverName === late.name)
      ?.state.get(`m.room.member ${late.resident.userId}`);
    const isKnown = join !== undefined && (accepted.has(join) || softFailed.has(join));
    return !isKnown || state.has(`m.room.member ${late.resident.userId}`);
  });
  if (isIn || !isAgreed(others, room, before)) return snapshots;
  room.servers.splice(room.servers.indexOf(late), 1);
  return others;
}

/** State whose keys were not to be had at the join is looked for again, as at the start of a process. */
async function lookForMissingState(server: SimulatedServer): Promise<void> {
  const partialRooms = partialRoomsOf(server.context());
  partialRooms.close();
  await partialRooms.start();
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

function hostileId({ serverName }: SimulatedServers['hostile']): string {
  return `@mallory:${serverName}`;
}

function targetOf(server: SimulatedServer | undefined): { name: string; baseUrl: string } {
  if (!server) throw new Error('there are no servers');
  return { name: server.name, baseUrl: server.resident.baseUrl };
}
