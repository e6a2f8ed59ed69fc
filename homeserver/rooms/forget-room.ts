import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { shardOfRoom } from '../storage/names/shard-of.ts';
import { forgottenCode } from '../storage/rooms/membership-codes.ts';
import { forgetRoom as forgetRow } from '../storage/rooms/write-state.ts';
import { membershipIn } from './hot-room.ts';
import { hotRooms } from './hot-rooms.ts';
import { loadMembers } from './load-hot-room.ts';

interface ForgetInput {
  readonly roomId: string;
  readonly userId: string;
}

export const forgetRoomCommand: Command<ForgetInput, Record<string, never>> = {
  name: 'forget-room',
  key: (input) => input.roomId,
  releases: 'decided',
  async decide(shard, { roomId, userId }) {
    const room = await shard.remember(hotRooms).load(roomId);
    if (room) await loadMembers(shard.context, room, [userId]);
    const member = room?.get('m.room.member', userId);
    if (!room || !member) throw new MatrixError('M_FORBIDDEN', 'You were not in this room, or it does not exist');
    const membership = membershipIn(member.pdu);
    if (membership !== 'leave' && membership !== 'ban') {
      throw new MatrixError('M_UNKNOWN', 'You must leave a room before you forget it');
    }
    const user = (await internNames(shard.context, [userId])).get(userId) ?? 0;
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [forgetRow(room.name.id, user, forgottenCode)],
    }));
    return { result: {}, committed };
  },
};

/**
 * Takes a room that a user left out of the user's history. Throws M_UNKNOWN (400) while the user is in the room or
 * invited, M_FORBIDDEN for who never was.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidforget
 */
export async function forgetRoom(context: Context, roomId: string, userId: string): Promise<void> {
  await context.shardLog.submit(forgetRoomCommand, await shardOfRoom(context, roomId), { roomId, userId });
}
