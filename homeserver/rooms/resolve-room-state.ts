import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { createEventIdOfRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { resolveStateInSlices } from '@holdfast/protocol/state-resolution/resolve-state.ts';
import { type StateMap, type StateTuple, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { readAuthGraph, readCurrentStateIds } from '../storage/rooms/read-auth-graph.ts';
import { AuthGraphMemory } from './auth-graph-memory.ts';
import type { HotRoom } from './hot-room.ts';
import { loadStateEvents } from './load-state-events.ts';
import { roomGraphMetrics } from './room-graph-metrics.ts';
import { runInSlices } from './run-in-slices.ts';
import { distinctStates, type Override, type Overrides, type StateRef } from './state-overrides.ts';

/**
 * Resolves states of a room into one, under the room's key. Only what they differ in is compared and read: the rest of
 * the room, however large, is looked at through its auth graph alone. `fresh` are events in the states or their auth chains
 * that are not stored yet, each after those that it refers to; their position is 0.
 * https://spec.matrix.org/v1.19/rooms/v12/#state-resolution
 */
export async function resolveRoomState(
  shard: OwnedShard,
  room: HotRoom,
  states: readonly Overrides[],
  fresh: readonly IdentifiedPdu[] = [],
): Promise<Overrides> {
  const distinct = distinctStates(states);
  const [only] = distinct;
  if (only === undefined || distinct.length === 1) return only ?? new Map();
  const { clock } = shard.context;
  const startedMs = clock.monotonicMs();
  const graph = await loadAuthGraph(shard, room);
  for (const event of fresh) room.addToAuthGraph(event, 0);
  const tuples = differingTuples(distinct);
  const stateSets = distinct.map((state) => stateSetOf(graph, state, tuples));
  const events = await loadForResolution(shard, room, graph, { stateSets, tuples, fresh });
  const agreedIds = [...graph.current].flatMap(([tuple, eventId]) => (tuples.has(tuple) ? [] : eventId));
  const agreedChain = graph.mark(agreedIds, false);
  const resolved = await runInSlices(
    shard.context,
    resolveStateInSlices({
      rules: room.rules,
      stateSets,
      agreed: {
        getEventId: (tuple) => (tuples.has(tuple) ? undefined : graph.current.get(tuple)),
        isInAuthChain: (eventId) => graph.isMarked(agreedChain, eventId),
      },
      getEvent: (eventId) => events.get(eventId),
      getAuthEventIds: (eventId) => graph.authEventIds(eventId),
      verifySignature: cryptoPrimitives.verify,
    }),
  );
  const metrics = roomGraphMetrics(shard.context);
  metrics.resolutionSeconds.observe({}, (clock.monotonicMs() - startedMs) / 1_000);
  metrics.conflictedEvents.observe({}, new Set(stateSets.flatMap((set) => [...set.values()])).size);
  return overridesOf(graph, resolved, tuples, events);
}

/** The room's auth graph with its whole current state, read once while the room is hot. */
export async function loadAuthGraph(shard: OwnedShard, room: HotRoom): Promise<AuthGraphMemory> {
  if (room.authGraph) return room.authGraph;
  await shard.settled();
  const [events, current] = await Promise.all([
    readAuthGraph(shard.context, room.name),
    readCurrentStateIds(shard.context, room.name),
  ]);
  const graph = new AuthGraphMemory();
  for (const { eventId, position, authEventIds } of events) graph.add(eventId, position, authEventIds);
  for (const { type, stateKey, eventId } of current) graph.setCurrent(stateTuple(type, stateKey), eventId);
  room.authGraph = graph;
  return graph;
}

type Tuples = ReadonlyMap<StateTuple, Pick<Override, 'type' | 'stateKey'>>;

function differingTuples(states: readonly Overrides[]): Tuples {
  const tuples = new Map<StateTuple, Override>();
  for (const state of states) for (const [tuple, override] of state) tuples.set(tuple, override);
  return tuples;
}

function stateSetOf(graph: AuthGraphMemory, state: Overrides, tuples: Tuples): StateMap {
  const set = new Map<StateTuple, string>();
  for (const tuple of tuples.keys()) {
    const eventId = state.has(tuple) ? state.get(tuple)?.event?.eventId : graph.current.get(tuple);
    if (eventId !== undefined) set.set(tuple, eventId);
  }
  return set;
}

/**
 * The events that differ with their auth chains, the agreed power levels with theirs (the mainline that orders what
 * differs), and the agreed state that authorising asks for.
 */
async function loadForResolution(
  shard: OwnedShard,
  room: HotRoom,
  graph: AuthGraphMemory,
  given: { stateSets: readonly StateMap[]; tuples: Tuples; fresh: readonly IdentifiedPdu[] },
): Promise<Map<string, IdentifiedPdu>> {
  const { stateSets, tuples } = given;
  const fresh = new Map(given.fresh.map((event) => [event.eventId, event]));
  const refs = (eventIds: Iterable<string>): StateRef[] =>
    [...eventIds].flatMap((eventId) => {
      const position = graph.positionOf(eventId);
      return position === undefined || fresh.has(eventId) ? [] : { eventId, position };
    });
  const differing = stateSets.flatMap((set) => [...set.values()]);
  const events = await loadStateEvents(shard, room, refs(graph.withAuthChains(differing)));
  for (const [eventId, event] of fresh) events.set(eventId, event);
  const powerLevels = stateTuple('m.room.power_levels', '');
  const mainline = tuples.has(powerLevels) ? undefined : graph.current.get(powerLevels);
  const asked = graph.withAuthChains(mainline === undefined ? [] : [mainline]);
  if (room.rules.roomIdIsCreateHash) asked.add(createEventIdOfRoomId(room.roomId));
  const ask = (type: string, stateKey: string) => {
    const tuple = stateTuple(type, stateKey);
    const eventId = tuples.has(tuple) ? undefined : graph.current.get(tuple);
    if (eventId !== undefined) asked.add(eventId);
  };
  // Authorising looks at the create event in every room version.
  ask('m.room.create', '');
  for (const { pdu } of events.values()) {
    for (const [type, stateKey] of selectAuthEvents(room.rules, pdu)) ask(type, stateKey);
  }
  for (const [eventId, event] of await loadStateEvents(shard, room, refs(asked.difference(events))))
    events.set(eventId, event);
  return events;
}

/** A resolved state as differences from the current one. What an auth difference brings up was in none of the states. */
function overridesOf(
  graph: AuthGraphMemory,
  resolved: StateMap,
  tuples: Tuples,
  events: ReadonlyMap<string, IdentifiedPdu>,
): Overrides {
  const overrides = new Map<StateTuple, Override>();
  for (const [tuple, { type, stateKey }] of tuples) {
    if (!resolved.has(tuple) && graph.current.has(tuple)) overrides.set(tuple, { type, stateKey, event: undefined });
  }
  for (const [tuple, eventId] of resolved) {
    if (graph.current.get(tuple) === eventId) continue;
    const pdu = events.get(eventId)?.pdu;
    const { type, stateKey } = tuples.get(tuple) ?? { type: pdu?.type ?? '', stateKey: pdu?.state_key ?? '' };
    overrides.set(tuple, { type, stateKey, event: { eventId, position: graph.positionOf(eventId) ?? 0 } });
  }
  return overrides;
}
