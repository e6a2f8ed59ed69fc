import {
  type RoomVersionRules,
  roomVersionRules,
  supportedRoomVersions,
} from '@holdfast/protocol/room-versions/room-version.ts';
import { chooseDraft } from './choose-draft.ts';
import { type Agreement, compareServers } from './compare-servers.ts';
import { type Draft, makeEvent } from './make-event.ts';
import { createNetwork, type Network } from './network.ts';
import { createRandom, type Random } from './random.ts';
import { receiveEvent } from './receive-event.ts';
import { authStateOf, createServer, currentState, type Server } from './server.ts';
import { type ServerBehaviour, soundBehaviour } from './server-behaviour.ts';
import { makeSimulatedKey } from './simulated-crypto.ts';

/** One room of one seed, on all of its servers. */
interface World {
  readonly seed: number;
  readonly random: Random;
  readonly rules: RoomVersionRules;
  readonly servers: readonly Server[];
  readonly founder: string;
  readonly userIds: readonly string[];
  readonly network: Network;
  roomId: string | undefined;
  serial: number;
}

export interface SimulationResult extends Agreement {
  readonly seed: number;
  readonly roomVersion: string;
  readonly eventCount: number;
  readonly rejectedCount: number;
  /** Events that at least one server soft-failed. */
  readonly softFailedCount: number;
}

/** The most events that a new event comes after; the specification allows 20. */
const maximumPrevEvents = 10;
const settlingRounds = 4;

/**
 * Runs one seed: servers act while the network is bad, then it heals, every server gets what it misses, and all of them
 * have to agree. A fault, where one is given, is planted in the last server.
 */
export function runSimulation(seed: number, fault?: ServerBehaviour): SimulationResult {
  const world = runWorld(seed, fault);
  const agreement = compareServers(world.servers);
  return { seed, roomVersion: world.rules.id, ...countEvents(world.servers), ...agreement };
}

/** A room after the storm, as its first server has it. */
export function simulateRoom(seed: number): Server {
  return runWorld(seed, undefined).servers[0] as Server;
}

function runWorld(seed: number, fault: ServerBehaviour | undefined): World {
  const world = createWorld(seed, fault);
  foundRoom(world);
  const actions = 60 + world.random.integer(140);
  for (let count = 0; count < actions; count++) {
    world.network.schedule(world.random.integer(6000), () => act(world));
  }
  world.network.run();
  spreadEverything(world);
  settle(world);
  return world;
}

/** Twelve seeds in a row cover all room versions. */
export function roomVersionOfSeed(seed: number): string {
  const versions = supportedRoomVersions();
  return versions[seed % versions.length] ?? '';
}

function createWorld(seed: number, fault: ServerBehaviour | undefined): World {
  const random = createRandom(seed);
  const rules = roomVersionRules(roomVersionOfSeed(seed)) as RoomVersionRules;
  const names = ['alpha.example', 'beta.example', 'gamma.example', 'delta.example', 'epsilon.example'];
  const servers = names.slice(0, 2 + random.integer(names.length - 1)).map((name, index, all) => {
    const userIds = ['ann', 'bob', 'cat'].slice(0, 1 + random.integer(3)).map((localpart) => `@${localpart}:${name}`);
    const isFaulty = fault !== undefined && index === all.length - 1;
    // Clocks are off, and so coarse that events of the same time are common.
    const clockOffsetMs = random.chance(0.3) ? random.integer(4000) - 2000 : 0;
    return createServer(name, userIds, rules, makeSimulatedKey(name), clockOffsetMs, isFaulty ? fault : soundBehaviour);
  });
  const network = createNetwork(
    random,
    servers.map(({ name }) => name),
    {
      lossProbability: random.pick([0, 0.05, 0.3]) ?? 0,
      doubleProbability: 0.05,
      longDelayProbability: random.pick([0, 0.1, 0.4]) ?? 0,
      netsplitProbability: random.pick([0, 0.3, 0.7]) ?? 0,
    },
  );
  const userIds = servers.flatMap((server) => server.userIds);
  return { seed, random, rules, servers, founder: userIds[0] ?? '', userIds, network, roomId: undefined, serial: 0 };
}

/** The first events, which every server has before the network gets bad. */
function foundRoom(world: World): void {
  const { rules, founder, userIds, random } = world;
  const [server] = world.servers as [Server];
  const send = (type: string, stateKey: string, content: Draft['content']): void => {
    sendDraft(world, server, { type, sender: founder, stateKey, content }, [...server.forwardExtremities]);
  };
  const isRoomIdGiven = !rules.roomIdIsCreateHash;
  if (isRoomIdGiven) world.roomId = `!room:${server.name}`;
  const creator = rules.implicitCreator ? {} : { creator: founder };
  const second = userIds[1] ?? founder;
  const additional = rules.privilegedCreators && random.chance(0.5) ? { additional_creators: [second] } : {};
  send('m.room.create', '', { room_version: rules.id, ...creator, ...additional });
  send('m.room.member', founder, { membership: 'join' });
  const users: Record<string, number> = rules.privilegedCreators ? {} : { [founder]: 100 };
  for (const userId of userIds.slice(2)) if (random.chance(0.5)) users[userId] = random.pick([10, 50, 75, 100]) ?? 0;
  send('m.room.power_levels', '', { users, ...(random.chance(0.5) && { state_default: 0 }) });
  send('m.room.join_rules', '', { join_rule: 'public' });
  spreadEverything(world);
  for (const other of world.servers) {
    for (const userId of other.userIds) if (userId !== founder && random.chance(0.7)) join(world, other, userId);
    spreadEverything(world);
  }
}

function join(world: World, server: Server, userId: string): void {
  const draft = { type: 'm.room.member', sender: userId, stateKey: userId, content: { membership: 'join' } };
  sendDraft(world, server, draft, [...server.forwardExtremities]);
}

function act(world: World): void {
  const { random } = world;
  const server = random.pick(world.servers) as Server;
  const actor = random.pick(server.userIds) ?? '';
  const known = [...server.events.keys()];
  // Now and then a server puts an event where the room was long ago, as one does that evades a ban.
  const isStale = random.chance(0.1);
  const latest = random.shuffle(server.forwardExtremities).slice(0, maximumPrevEvents);
  const after = isStale ? random.shuffle(known).slice(0, 1 + random.integer(2)) : latest;
  const state = authStateOf(server, currentState(server));
  const draft = chooseDraft({ ...world, state, eventIds: known }, actor);
  if (draft !== undefined) sendDraft(world, server, draft, after);
}

/**
 * Sends a draft. One that the room does not allow goes out only now and then, as from a hostile server: as it is, or
 * with auth events of a past in which it was allowed.
 */
function sendDraft(world: World, server: Server, draft: Draft, prevEventIds: readonly string[]): void {
  const { random, network, roomId } = world;
  world.serial += 1;
  const originServerTs = 1_500_000_000_000 + Math.floor((network.nowMs() + server.clockOffsetMs) / 50) * 50;
  const place = { roomId, prevEventIds, originServerTs, serial: world.serial };
  let made = makeEvent(server, draft, place);
  if (!made.isAllowed && !random.chance(0.1)) {
    const past = random.pick([...server.events.keys()]);
    if (past === undefined || !random.chance(0.4)) return;
    made = makeEvent(server, draft, { ...place, authorityIds: [past] });
    if (!made.isAllowed) return;
  }
  world.roomId ??= made.roomId;
  const { json } = made;
  receiveEvent(server, json);
  for (const other of world.servers) {
    if (other !== server) network.carry(server.name, other.name, () => receiveOverNetwork(world, other, server, json));
  }
}

/** Receives an event and asks its sender once for what it refers to. */
function receiveOverNetwork(world: World, server: Server, from: Server, json: string): void {
  const { network } = world;
  for (const eventId of receiveEvent(server, json)) {
    network.carry(server.name, from.name, () => {
      const answer = from.events.get(eventId)?.json;
      if (answer !== undefined) {
        network.carry(from.name, server.name, () => receiveOverNetwork(world, server, from, answer));
      }
    });
  }
}

/** Gives every server every event, in an order of its own. */
function spreadEverything(world: World): void {
  const everything = new Map<string, string>();
  for (const { events } of world.servers) for (const [eventId, { json }] of events) everything.set(eventId, json);
  for (const server of world.servers) {
    for (const json of world.random.shuffle(everything.values())) receiveEvent(server, json);
  }
}

/**
 * Lets the servers speak until they have the same forward extremities. Servers that soft-fail each other's events can
 * keep apart for good; what brings them together is an event that comes after all branches.
 */
function settle(world: World): void {
  for (let round = 0; round < settlingRounds && !haveSameExtremities(world.servers); round++) {
    for (const server of world.servers) {
      const speaker = server.userIds.find((userId) => userId === world.founder) ?? server.userIds[0] ?? '';
      speak(world, server, speaker, [...server.forwardExtremities].sort().slice(0, maximumPrevEvents));
    }
    spreadEverything(world);
  }
  const [home] = world.servers as [Server];
  for (let leaves = findLeaves(home); leaves.length > 1; leaves = findLeaves(home)) {
    const isSaid = speak(world, home, world.founder, leaves.slice(0, maximumPrevEvents));
    if (!isSaid) throw new Error(`seed ${world.seed}: ${world.founder} may not speak any more`);
    spreadEverything(world);
  }
}

function speak(world: World, server: Server, sender: string, prevEventIds: readonly string[]): boolean {
  const content = { msgtype: 'm.text', body: 'after the storm' };
  world.serial += 1;
  const originServerTs = 1_600_000_000_000 + world.serial;
  const place = { roomId: world.roomId, prevEventIds, originServerTs, serial: world.serial };
  const made = makeEvent(server, { type: 'm.room.message', sender, content }, place);
  if (made.isAllowed) receiveEvent(server, made.json);
  return made.isAllowed;
}

/** Events that were not rejected and that no other such event comes after. */
function findLeaves(server: Server): string[] {
  const leaves = new Set<string>();
  for (const [eventId, { verdict }] of server.events) if (verdict !== 'rejected') leaves.add(eventId);
  for (const { event, verdict } of server.events.values()) {
    if (verdict === 'rejected') continue;
    for (const reference of event.pdu.prev_events)
      leaves.delete(typeof reference === 'string' ? reference : reference[0]);
  }
  return [...leaves].sort();
}

function haveSameExtremities(servers: readonly Server[]): boolean {
  const texts = servers.map(({ forwardExtremities }) => [...forwardExtremities].sort().join(' '));
  return texts.every((text) => text === texts[0]);
}

function countEvents(
  servers: readonly Server[],
): Pick<SimulationResult, 'eventCount' | 'rejectedCount' | 'softFailedCount'> {
  const [home] = servers as [Server];
  const softFailed = new Set<string>();
  for (const { events } of servers) {
    for (const [eventId, { verdict }] of events) if (verdict === 'soft-failed') softFailed.add(eventId);
  }
  const rejected = [...home.events.values()].filter(({ verdict }) => verdict === 'rejected');
  return { eventCount: home.events.size, rejectedCount: rejected.length, softFailedCount: softFailed.size };
}
