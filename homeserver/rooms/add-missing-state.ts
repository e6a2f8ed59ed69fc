import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { deletePartialState } from '../storage/rooms/write-partial-state.ts';
import { addStateFromTheBeginning } from './given-state.ts';
import { hotRooms } from './hot-rooms.ts';

interface MissingStateInput {
  readonly roomId: string;
  readonly stateEventIds: readonly string[];
}

export const addMissingStateCommand: Command<MissingStateInput, Record<string, never>> = {
  name: 'add-missing-state',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, { roomId, stateEventIds }) {
    await shard.settled();
    const room = await findRoom(shard.context, roomId);
    if (!room) throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
    await addStateFromTheBeginning(shard, room, stateEventIds);
    // Members that were known to be absent are here now, and so are more to count.
    shard.remember(hotRooms).forget(roomId);
    const writes = [deletePartialState(room.id)];
    return { result: {}, committed: shard.append(0, () => ({ entries: [], writes })) };
  },
};

/**
 * Completes the state of a room that was joined with partial state: the whole state before the join (by event ids, all
 * stored), of which this takes what is missing. Throws M_NOT_FOUND.
 */
export async function addMissingState(context: Context, request: MissingStateInput): Promise<void> {
  const room = await findRoom(context, request.roomId);
  if (!room) throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
  await context.shardLog.submit(addMissingStateCommand, room.shard, request);
}
