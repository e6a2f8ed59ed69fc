import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../platform/context.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../storage/rooms/event-row.ts';
import { membershipCodes } from '../storage/rooms/membership-codes.ts';
import { readEventsById } from '../storage/rooms/read-events.ts';
import { type RoomLooseEnds, readRoomLooseEnds } from '../storage/rooms/read-room-loose-ends.ts';
import { countMembers, readForwardExtremities, readNotifyOrdinal } from '../storage/rooms/read-room-summary.ts';
import { forEachState, readState, type StateEvent } from '../storage/rooms/read-state.ts';
import { eventReference } from './event-reference.ts';
import { type Extremity, HotRoom, type StateEntry } from './hot-room.ts';
import { readStatesAfter } from './read-state-after.ts';
import { StateEntries } from './state-entries.ts';
import { mainLinePlace, noOverrides } from './state-overrides.ts';

/** Rooms with so few members have them all in memory, so that nobody has to be looked up to join one. */
const fewMembers = 200;

/**
 * A room as its tables have it. `changedAt`: a position of the shard's log up to which its state, as it is read here, is
 * known to be contained. `knownState`: its current state without members, where that need not be read.
 */
export async function loadHotRoom(
  context: Context,
  name: RoomName,
  changedAt: number,
  knownState?: readonly StateEntry[],
): Promise<HotRoom> {
  const [state, members, counts, newest, notifyOrdinal, looseEnds] = await Promise.all([
    knownState ?? readStateEntries(context, name),
    readState(context, name, { membersOnly: true, limit: fewMembers + 1 }),
    countMembers(context, name),
    readForwardExtremities(context, name),
    readNotifyOrdinal(context, name, null),
    readRoomLooseEnds(context, name),
  ]);
  const membersComplete = members.length <= fewMembers;
  const extremities = await extremitiesOf(context, name, newest);
  const room = new HotRoom(name, {
    state: membersComplete ? [...state, ...members.map(stateEntryOf)] : state,
    membersComplete,
    counts: { joined: counts.get(membershipCodes.join) ?? 0, invited: counts.get(membershipCodes.invite) ?? 0 },
    extremities,
    notifyOrdinal,
    changedAt,
  });
  await addLooseEnds(context, room, looseEnds);
  return room;
}

/** The state without members: in some rooms tens of thousands of events, which are never in memory as rows too. */
async function readStateEntries(context: Context, name: RoomName): Promise<StateEntry[]> {
  const entries: StateEntry[] = [];
  const kept = new StateEntries();
  await forEachState(context, name, { withoutMembers: true }, (event) => entries.push(kept.entryOf(event)));
  return entries;
}

/** A single extremity has the current state after it. */
async function extremitiesOf(context: Context, name: RoomName, events: readonly StoredEvent[]): Promise<Extremity[]> {
  const positions = events.map(({ position }) => position);
  const states = positions.length > 1 ? await readStatesAfter(context, name, positions) : undefined;
  return events.map(({ eventId, pdu, position, rules }) => ({
    eventId,
    reference: eventReference(rules, eventId, pdu),
    depth: pdu.depth,
    position,
    overrides: states?.get(position)?.overrides ?? noOverrides,
    place: states?.get(position)?.place ?? mainLinePlace(position),
  }));
}

async function addLooseEnds(context: Context, room: HotRoom, looseEnds: RoomLooseEnds): Promise<void> {
  const { absent, earlyRedactions, waiting, isPartial } = looseEnds;
  room.isPartial = isPartial;
  for (const { type, stateKey, since } of absent) room.absent.set(stateTuple(type, stateKey), since);
  for (const eventId of earlyRedactions) room.earlyRedactions.add(eventId);
  if (waiting.length === 0) return;
  const known = await readEventsById(
    context,
    waiting.flatMap(({ prevEventIds, authEventIds }) => [...prevEventIds, ...authEventIds]),
  );
  // An outlier is good for an auth event only.
  const isPlaced = (eventId: string) => ((known.get(eventId)?.flags ?? eventFlags.outlier) & eventFlags.outlier) === 0;
  for (const { eventId, origin, isFetched, characters, prevEventIds, authEventIds } of waiting) {
    const missing = [...prevEventIds.filter((id) => !isPlaced(id)), ...authEventIds.filter((id) => !known.has(id))];
    room.waiting.set(eventId, { origin, isFetched, characters, missing });
  }
}

/** Makes sure that these users' member events are in memory. One query for all that are missing. */
export async function loadMembers(context: Context, room: HotRoom, userIds: Iterable<string>): Promise<void> {
  const missing = [...new Set(userIds)].filter((userId) => !room.isMemberLoaded(userId));
  if (missing.length === 0) return;
  const events = await readState(context, room.name, { keys: missing.map((userId) => ['m.room.member', userId]) });
  // Whoever was put in meanwhile is newer than what was read.
  for (const event of events) if (!room.isMemberLoaded(event.pdu.state_key ?? '')) room.put(stateEntryOf(event));
  for (const userId of missing) room.putAbsentMember(userId);
}

function stateEntryOf({ eventId, roomId, pdu, position, since }: StateEvent): StateEntry {
  return { eventId, roomId, pdu, position, since };
}
