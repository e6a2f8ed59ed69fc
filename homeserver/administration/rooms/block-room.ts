import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { deleteBlockedRoom, insertBlockedRoom } from '../../storage/administration/write-blocked-rooms.ts';
import { shardOfRoom } from '../../storage/names/shard-of.ts';

interface BlockInput {
  readonly roomId: string;
  /** Null: the room is opened again. */
  readonly blockedBy: string | null;
  readonly blockedMs: number;
}

export const blockRoomCommand: Command<BlockInput, null> = {
  name: 'block-room',
  // The room's own: a join that is decided on now comes before or after it.
  key: ({ roomId }) => roomId,
  releases: 'committed',
  decide(shard, { roomId, blockedBy, blockedMs }) {
    const write = blockedBy === null ? deleteBlockedRoom(roomId) : insertBlockedRoom(roomId, blockedBy, blockedMs);
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes: [write] })) };
  },
};

/** Closes a room to the users of this server, known here or not, or opens it again. Who is in it stays. */
export async function setRoomBlocked(
  context: Context,
  roomId: string,
  isBlocked: boolean,
  operator: string,
): Promise<void> {
  await context.shardLog.submit(blockRoomCommand, await shardOfRoom(context, roomId), {
    roomId,
    blockedBy: isBlocked ? operator : null,
    blockedMs: context.clock.wallMs(),
  });
}
