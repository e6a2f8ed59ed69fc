import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { readBlockedRoom } from '../storage/administration/read-blocked-rooms.ts';

/** Throws M_FORBIDDEN for a room that an administrator has closed to the users of this server. One query. */
export async function checkRoomIsOpen(context: Context, roomId: string): Promise<void> {
  if (!(await readBlockedRoom(context.database, roomId))) return;
  throw new MatrixError('M_FORBIDDEN', 'This room has been blocked by an administrator of this server');
}
