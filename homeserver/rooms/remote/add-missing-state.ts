import type { Context } from '../../platform/context.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { Command, OwnedShard } from '../../platform/shard-log/command.ts';
import { internNames } from '../../storage/names/intern-names.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import { membershipCode } from '../../storage/rooms/membership-codes.ts';
import type { MissingStateEvent } from '../../storage/rooms/missing-state-event.ts';
import { isPartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { stateFromTheBeginning } from '../../storage/rooms/read-state.ts';
import { readEventPlaces, readFirstSpans } from '../../storage/rooms/read-state-spans.ts';
import { deleteMissingState, insertMissingState } from '../../storage/rooms/write-missing-state.ts';
import { completePartialRoomRow } from '../../storage/rooms/write-partial-rooms.ts';
import { insertStateBeginning } from '../../storage/rooms/write-state-beginnings.ts';
import { hotRooms } from '../hot-rooms.ts';
import { receiveEvents } from '../receive-events.ts';
import { judgeAgain } from './judge-again.ts';

/** An event of a room's state, as little of it as placing it takes. */
export type StateEventPlace = readonly [eventId: string, type: string, stateKey: string, membership: string | null];

interface AddMissingInput {
  readonly roomId: string;
  /** Of the state before the join; all are stored as outliers. */
  readonly state: readonly StateEventPlace[];
  /** What could not be had. */
  readonly missing?: readonly MissingStateEvent[];
  /** Ids of events that do not count as missing any more. */
  readonly noLongerMissing?: readonly string[];
  /** All is placed, and the room is whole. */
  readonly isLast: boolean;
  /** The room was whole before but for what was missing. */
  readonly isAfterwards?: boolean;
}

/** `isOver`: the room was whole already, and nothing was written. */
interface AddMissingResult {
  readonly isOver: boolean;
}

/** Events of one command. */
export const maxStateAtOnce = 250;

/**
 * State that a join with partial state did not bring becomes part of the room's beginning. What has happened to a member
 * since stays as it is, and so does other state that is there. With the last of it, events that came in between are judged
 * again; where the room was whole before, clients are told of it anew.
 */
export const addMissingStateCommand: Command<AddMissingInput, AddMissingResult> = {
  name: 'add-missing-state',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, input) {
    const { context } = shard;
    await shard.settled();
    const room = await findRoom(context, input.roomId);
    const { roomId, isLast, isAfterwards = false, missing = [], noLongerMissing = [] } = input;
    if (!room || (await isPartialRoom(context, room.id)) === isAfterwards) return { result: { isOver: true } };
    const placed = await stateWrites(shard, room, input);
    const writes = [
      ...placed,
      ...missing.map((event) => insertMissingState(room.id, event)),
      ...noLongerMissing.map((eventId) => deleteMissingState(room.id, eventId)),
    ];
    if (writes.length === 0 && !isLast) return { result: { isOver: false } };
    const judged = isLast ? await judgeAgain(shard, room) : undefined;
    const isCorrected = isAfterwards || judged !== undefined;
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
    // All but its members is in memory, and the room goes on by that.
    const isOther = placed.length > 0 && input.state.some(([, type]) => type !== 'm.room.member');
    if (isLast || isOther) shard.remember(hotRooms).forget(roomId);
    return { result: { isOver: false }, committed };
  },
};

async function stateWrites(shard: OwnedShard, room: RoomName, { state }: AddMissingInput): Promise<Write[]> {
  const { context } = shard;
  const names = await internNames(
    context,
    state.flatMap(([, type, stateKey]) => [type, stateKey]),
  );
  const numbersOf = (type: string, stateKey: string) => [names.get(type) ?? 0, names.get(stateKey) ?? 0] as const;
  const [places, firstSpans] = await Promise.all([
    readEventPlaces(
      context,
      room,
      state.map(([eventId]) => eventId),
    ),
    readFirstSpans(
      context,
      room,
      state.map(([, type, stateKey]) => numbersOf(type, stateKey)),
    ),
  ]);
  return state.flatMap(([eventId, eventType, eventKey, membership]) => {
    const place = places.get(eventId);
    const [type, stateKey] = numbersOf(eventType, eventKey);
    const first = firstSpans.get(`${type} ${stateKey}`);
    const isMember = eventType === 'm.room.member';
    if (!place || first?.event === place.position) return [];
    const from = stateFromTheBeginning;
    // All but the members was told with the join: it says better what the state was then.
    if (first && first.from <= from && !isMember) return [];
    const span = { shard: shard.id, room: room.id, type, stateKey };
    const to = first && first.from > from ? first.from : null;
    const code = isMember ? membershipCode(membership) : null;
    return [insertStateBeginning({ ...span, membership: code }, place.position, { from, to })];
  });
}

/** See addMissingStateCommand. With the last of the state, messages that were rejected without it get their places. */
export async function addMissingState(
  context: Context,
  shard: number,
  input: AddMissingInput,
): Promise<AddMissingResult> {
  const result = await context.shardLog.submit(addMissingStateCommand, shard, input);
  const { roomId, isLast } = input;
  if (isLast && !result.isOver) await receiveEvents(context, { roomId, origin: context.serverName, events: [] });
  return result;
}
