import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../platform/context.ts';
import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../storage/rooms/event-row.ts';
import { membershipCodes } from '../storage/rooms/membership-codes.ts';
import { readEventsById } from '../storage/rooms/read-events.ts';
import { type RoomLooseEnds, readRoomLooseEnds } from '../storage/rooms/read-room-loose-ends.ts';
import { countMembers, readForwardExtremities, readNotifyOrdinal } from '../storage/rooms/read-room-summary.ts';
import { readState, type StateEvent } from '../storage/rooms/read-state.ts';
import { eventReference } from './event-reference.ts';
import { type Extremity, HotRoom, type StateEntry } from './hot-room.ts';
import { readStatesAfter } from './read-state-after.ts';
import { mainLinePlace, noOverrides } from './state-overrides.ts';

/** The rooms that the owner of a shard has in memory, bounded in bytes; the least lately used go first. */
export class HotRooms {
  readonly #shard: OwnedShard;
  readonly #rooms = new Map<string, HotRoom>();
  #estimatedBytes = 0;
  #sinceEstimate = 0;

  constructor(shard: OwnedShard) {
    this.#shard = shard;
  }

  /** The room, loaded if need be; undefined when this server does not know it. Call under the room's key. */
  async load(roomId: string): Promise<HotRoom | undefined> {
    const hot = this.#rooms.get(roomId);
    if (hot) {
      this.#rooms.delete(roomId);
      this.#rooms.set(roomId, hot);
      return hot;
    }
    const name = await findRoom(this.#shard.context, roomId);
    if (!name) return undefined;
    const room = await loadHotRoom(this.#shard.context, name);
    this.add(room);
    return room;
  }

  /** The room if it is in memory already. */
  peek(roomId: string): HotRoom | undefined {
    return this.#rooms.get(roomId);
  }

  /** Forgets a room whose state was changed in the tables behind it. Call right after appending that change. */
  drop(roomId: string): void {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    this.#rooms.delete(roomId);
    this.#estimatedBytes -= room.sizeBytes;
  }

  /** Keeps a room in memory. One that was put out while a command decided on it is the newest there is, and comes back. */
  add(room: HotRoom): void {
    if (this.#rooms.get(room.roomId) === room) return;
    this.#rooms.set(room.roomId, room);
    this.#estimatedBytes += room.sizeBytes;
    this.#evict();
  }

  /** Drops a room whose rows were changed beside it; the next who needs it reads it again. Call under the room's key. */
  forget(roomId: string): void {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    this.#rooms.delete(roomId);
    this.#estimatedBytes -= room.sizeBytes;
  }

  #evict(): void {
    const limitBytes = this.#shard.context.config.limits.hotRoomBytes / this.#shard.context.config.shards.count;
    // Rooms grow while they are hot; counting them all now and then keeps the estimate honest.
    if (++this.#sinceEstimate > 100) {
      this.#sinceEstimate = 0;
      this.#estimatedBytes = 0;
      for (const room of this.#rooms.values()) this.#estimatedBytes += room.sizeBytes;
    }
    for (const [roomId, room] of this.#rooms) {
      if (this.#estimatedBytes <= limitBytes) return;
      if (room.uncommitted > 0) continue;
      this.#rooms.delete(roomId);
      this.#estimatedBytes -= room.sizeBytes;
    }
  }
}

export const hotRooms: ShardMemory<HotRooms> = {
  name: 'hot-rooms',
  create: (shard) => new HotRooms(shard),
};

/** Rooms with so few members have them all in memory, so that nobody has to be looked up to join one. */
const fewMembers = 200;

async function loadHotRoom(context: Context, name: RoomName): Promise<HotRoom> {
  const [state, members, counts, newest, notifyOrdinal, looseEnds] = await Promise.all([
    readState(context, name, { withoutMembers: true }),
    readState(context, name, { membersOnly: true, limit: fewMembers + 1 }),
    countMembers(context, name),
    readForwardExtremities(context, name),
    readNotifyOrdinal(context, name, null),
    readRoomLooseEnds(context, name),
  ]);
  const membersComplete = members.length <= fewMembers;
  const extremities = await extremitiesOf(context, name, newest);
  const room = new HotRoom(name, {
    state: (membersComplete ? [...state, ...members] : state).map(stateEntryOf),
    membersComplete,
    counts: { joined: counts.get(membershipCodes.join) ?? 0, invited: counts.get(membershipCodes.invite) ?? 0 },
    extremities,
    notifyOrdinal,
  });
  await addLooseEnds(context, room, looseEnds);
  return room;
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
  for (const { eventId, origin, prevEventIds, authEventIds } of waiting) {
    const missing = [...prevEventIds.filter((id) => !isPlaced(id)), ...authEventIds.filter((id) => !known.has(id))];
    room.waiting.set(eventId, { origin, missing: new Set(missing) });
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
