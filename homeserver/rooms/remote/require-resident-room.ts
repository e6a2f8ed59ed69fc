import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../../platform/context.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import { isPartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { isServerInRoom } from '../joined-servers.ts';
import { isServerAllowedInRoom } from '../server-acls.ts';

/**
 * A room for which this server can speak to another: it is in the room, knows its state whole, and the room's server
 * ACL lets the other take part. Throws M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls
 */
export async function requireResidentRoom(context: Context, roomId: string, origin: string): Promise<RoomName> {
  const room = await findRoom(context, roomId);
  if (!room || !(await isServerInRoom(context, roomId))) {
    throw new MatrixError('M_NOT_FOUND', 'This server is not in the room');
  }
  if (!(await isServerAllowedInRoom(context, room, origin))) {
    throw new MatrixError('M_FORBIDDEN', "The room's server ACL does not let your server take part");
  }
  // Without all members it cannot be said who may do what; others can.
  if (await isPartialRoom(context, room.id)) {
    throw new MatrixError('M_NOT_FOUND', 'This server does not know all of the room yet: ask another one');
  }
  return room;
}

/** Throws M_FORBIDDEN unless the user is of the server that asks. */
export function requireOwnUser(userId: string, origin: string): void {
  if (parseUserId(userId)?.serverName !== origin) {
    throw new MatrixError('M_FORBIDDEN', 'The user is not of the server that asks');
  }
}
