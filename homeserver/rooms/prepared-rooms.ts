import type { EventReference } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { readShardPosition } from '../storage/rooms/read-shard-position.ts';
import type { HotRoom } from './hot-room.ts';
import { loadHotRoom } from './load-hot-room.ts';
import { followPushRules } from './own-push-rules.ts';
import { mainLinePlace, noOverrides } from './state-overrides.ts';

/** Rooms that the next owner of a shard has read while the shard was still another's. */
export interface PreparedRooms {
  readonly rooms: ReadonlyMap<string, HotRoom>;
  /** The shard's position before they were read. */
  readonly upTo: number;
}

/** What changes with every event of a room, and is told to the next owner instead of being read. */
export interface RoomHead {
  readonly roomId: string;
  /** What else was read is right if it was read after this position. */
  readonly changedAt: number;
  readonly notifyOrdinal: number;
  /** The one forward extremity, after which the state is the current one. */
  readonly eventId: string;
  readonly reference: EventReference;
  readonly depth: number;
  readonly position: number;
}

/** So many rooms are prepared at most, those used last first. */
export const maxPreparedRooms = 500;
/** What was not read by then is read when somebody needs it. */
const preparingMs = 2_000;
const readAtOnce = 4;

/** Reads rooms for the next owner of a shard, as many as the time allows. */
export async function prepareRooms(
  context: Context,
  shard: number,
  roomIds: readonly string[],
): Promise<PreparedRooms> {
  const upTo = await readShardPosition(context, shard);
  const untilMs = context.clock.monotonicMs() + preparingMs;
  const rooms = new Map<string, HotRoom>();
  const left = roomIds.slice(0, maxPreparedRooms).toReversed();
  const readNext = async (): Promise<void> => {
    for (let roomId = left.pop(); roomId !== undefined; roomId = left.pop()) {
      if (context.clock.monotonicMs() > untilMs) return;
      const name = await findRoom(context, roomId);
      if (!name) continue;
      const room = await loadHotRoom(context, name, upTo);
      await followPushRules(context, room);
      rooms.set(roomId, room);
    }
  };
  await Promise.all(Array.from({ length: readAtOnce }, readNext));
  return { rooms, upTo };
}

/** Of a room with nothing but its current state and its newest event to tell; undefined for the others. */
export function headOf(room: HotRoom): RoomHead | undefined {
  const [extremity, ...others] = room.extremities;
  if (!isCalm(room) || !extremity || others.length > 0 || extremity.overrides.size > 0) return undefined;
  const { roomId, changedAt, notifyOrdinal } = room;
  const { eventId, reference, depth, position } = extremity;
  return { roomId, changedAt, notifyOrdinal, eventId, reference, depth, position };
}

function isCalm(room: HotRoom): boolean {
  const { isPartial, waiting, earlyRedactions, uncommitted, changedAt } = room;
  return !isPartial && waiting.size + earlyRedactions.size + uncommitted === 0 && Number.isFinite(changedAt);
}

/** The prepared rooms that are what their owner before had in memory, brought to where it left them. */
export function roomsToGoOnWith(prepared: PreparedRooms, heads: readonly RoomHead[]): HotRoom[] {
  return heads.flatMap((head) => {
    const room = prepared.rooms.get(head.roomId);
    if (!room || !isCalm(room) || head.changedAt > prepared.upTo) return [];
    const { eventId, reference, depth, position, notifyOrdinal, changedAt } = head;
    room.extremities = [
      { eventId, reference, depth, position, overrides: noOverrides, place: mainLinePlace(position) },
    ];
    room.notifyOrdinal = notifyOrdinal;
    room.changedAt = changedAt;
    return [room];
  });
}
