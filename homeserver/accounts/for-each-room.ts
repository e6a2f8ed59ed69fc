import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { readUserRooms, type UserRoom } from '../storage/sync/read-user-rooms.ts';

/** So many rooms at once: their commits share transactions, and one user does not take the whole server. */
const concurrency = 16;

/**
 * Does something in every room that a user is joined to, invited to or knocks on. A room that refuses it is passed over
 * with a record in the log; anything else (such as an outage) is thrown, and the whole may be done again.
 */
export async function forEachRoomOf(
  context: Context,
  userId: string,
  run: (room: UserRoom) => Promise<unknown>,
): Promise<void> {
  const { rooms } = await readUserRooms(context, userId);
  const waiting = rooms[Symbol.iterator]();
  const work = async () => {
    for (const room of waiting) {
      try {
        await run(room);
      } catch (error) {
        if (!(error instanceof MatrixError) || error.status >= 500) throw error;
        context.log.info({ err: error, userId, roomId: room.roomId }, 'a room refused a change of one of its members');
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
