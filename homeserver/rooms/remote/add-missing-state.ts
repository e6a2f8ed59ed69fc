import type { Context } from '../../platform/context.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { Command, OwnedShard } from '../../platform/shard-log/command.ts';
import { internNames } from '../../storage/names/intern-names.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import { membershipCode } from '../../storage/rooms/membership-codes.ts';
import { isPartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { stateFromTheBeginning } from '../../storage/rooms/read-state.ts';
import { type EventPlace, readEventPlaces, readFirstMemberSpans } from '../../storage/rooms/read-state-spans.ts';
import { completePartialRoomRow } from '../../storage/rooms/write-partial-rooms.ts';
import { insertStateBeginning } from '../../storage/rooms/write-state-beginnings.ts';
import { hotRooms } from '../hot-rooms.ts';
import { judgeAgain } from './judge-again.ts';

/** A member of a room's state, as little of it as placing it takes. */
export type StateEventPlace = readonly [eventId: string, type: string, stateKey: string, membership: string | null];

interface AddMissingInput {
  readonly roomId: string;
  /** Members of the state before the join; all are stored as outliers. */
  readonly members: readonly StateEventPlace[];
  /** All are placed, and the room is whole. */
  readonly isLast: boolean;
}

/** `isOver`: the room was whole already, and nothing was written. */
interface AddMissingResult {
  readonly isOver: boolean;
}

/** Members of one command. */
export const maxMembersAtOnce = 250;

/**
 * Members that a join with partial state did not bring become part of the room's beginning. What has happened to a
 * member since stays as it is. With the last of them, events that came in between are judged again.
 */
export const addMissingStateCommand: Command<AddMissingInput, AddMissingResult> = {
  name: 'add-missing-state',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, input) {
    const { context } = shard;
    await shard.settled();
    const room = await findRoom(context, input.roomId);
    if (!room || !(await isPartialRoom(context, room.id))) return { result: { isOver: true } };
    const writes = await memberWrites(shard, room, input);
    const { roomId, isLast } = input;
    if (writes.length === 0 && !isLast) return { result: { isOver: false } };
    const judged = isLast ? await judgeAgain(shard, room) : undefined;
    const isCorrected = judged !== undefined;
    const committed = shard.append(isLast ? 1 : 0, (position) => ({
      entries: isLast
        ? [{ kind: 'room-state', body: { roomId, isWhole: true, ...(isCorrected && { isCorrected }) } }]
        : [],
      writes: [
        ...writes,
        ...(judged?.(position) ?? []),
        ...(isLast ? [completePartialRoomRow(room.id, position, isCorrected)] : []),
      ],
    }));
    if (isLast) shard.remember(hotRooms).forget(roomId);
    return { result: { isOver: false }, committed };
  },
};

async function memberWrites(shard: OwnedShard, room: RoomName, { members }: AddMissingInput): Promise<Write[]> {
  const { context } = shard;
  const userIds = members.map(([, , userId]) => userId);
  const [names, places, firstSpans] = await Promise.all([
    internNames(context, ['m.room.member', ...userIds]),
    readEventPlaces(
      context,
      room,
      members.map(([eventId]) => eventId),
    ),
    readFirstMemberSpans(context, room, userIds),
  ]);
  return members.flatMap(([eventId, , userId, membership]) => {
    const place = places.get(eventId);
    const stateKey = names.get(userId) ?? 0;
    const first = firstSpans.get(stateKey);
    if (!place || isKnown(place, first)) return [];
    const type = names.get('m.room.member') ?? 0;
    const span = { shard: shard.id, room: room.id, type, stateKey, membership: membershipCode(membership) };
    const from = stateFromTheBeginning;
    const to = first && first.from > from ? first.from : null;
    return [insertStateBeginning(span, place.position, { from, to })];
  });
}

function isKnown(place: EventPlace, first: { readonly event: number | null } | undefined): boolean {
  return first?.event === place.position;
}

/** See addMissingStateCommand. */
export async function addMissingState(
  context: Context,
  shard: number,
  input: AddMissingInput,
): Promise<AddMissingResult> {
  return await context.shardLog.submit(addMissingStateCommand, shard, input);
}
