import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { shardOfRoom } from '../../storage/names/shard-of.ts';
import { takeRoomNumber } from '../../storage/rooms/read-room-summary.ts';
import { endJoin, startJoin } from '../../storage/rooms/write-joins-in-progress.ts';
import { insertRoom } from '../../storage/rooms/write-state.ts';

interface StartInput {
  readonly roomId: string;
  readonly version: string;
}

/** The number of the empty name: who made the room is not known yet. */
const nobody = 2;

/** From now on events of the room that other servers send wait until the room is stored, instead of being refused. */
export const startJoinCommand: Command<StartInput, Record<string, never>> = {
  name: 'start-join',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, { roomId, version }) {
    await shard.settled();
    const known = await findRoom(shard.context, roomId);
    const id = known?.id ?? (await takeRoomNumber(shard.context));
    const room = { number: id, roomId, shard: shard.id, version, creator: nobody };
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [...(known ? [] : [insertRoom(room)]), startJoin(id)],
    }));
    return { result: {}, committed };
  },
};

export const endJoinCommand: Command<{ readonly roomId: string }, Record<string, never>> = {
  name: 'end-join',
  key: (input) => input.roomId,
  releases: 'decided',
  async decide(shard, { roomId }) {
    const room = await findRoom(shard.context, roomId);
    if (!room) return { result: {} };
    return { result: {}, committed: shard.append(0, () => ({ entries: [], writes: [endJoin(room.id)] })) };
  },
};

/** Runs `join` while events of the room that arrive are kept. Makes the room's row if there is none. */
export async function whileJoining<T>(
  context: Context,
  roomId: string,
  version: string,
  join: () => Promise<T>,
): Promise<T> {
  await context.shardLog.submit(startJoinCommand, await shardOfRoom(context, roomId), { roomId, version });
  try {
    return await join();
  } finally {
    await context.shardLog.submit(endJoinCommand, await shardOfRoom(context, roomId), { roomId });
  }
}
