import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isServerAllowedByAcl } from '@holdfast/protocol/server-acl/is-server-allowed.ts';
import type { Context } from '../../platform/context.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import { readServerSpans } from '../../storage/rooms/read-server-spans.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { joinedServersOf } from '../joined-servers.ts';

/**
 * A room whose history another server may ask for: one that is in the room, or was, and that the room's server ACL
 * does not shut out. What it gets to see of each event is another question (`filterForServer`).
 * Throws M_FORBIDDEN, the same for rooms that do not exist.
 * https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls
 */
export async function requireHistoryReader(context: Context, roomId: string, serverName: string): Promise<RoomName> {
  const room = await findRoom(context, roomId);
  if (!room || !(await isOrWasInRoom(context, room, serverName))) {
    throw new MatrixError('M_FORBIDDEN', 'Your server is not in this room, or the room is not known here');
  }
  const acl = await readStateEvent(context, room, 'm.room.server_acl', '');
  if (!isServerAllowedByAcl(acl?.pdu.content, serverName)) {
    throw new MatrixError('M_FORBIDDEN', "The room's server ACL does not let your server take part");
  }
  return room;
}

async function isOrWasInRoom(context: Context, room: RoomName, serverName: string): Promise<boolean> {
  if ((await joinedServersOf(context, room.roomId)).has(serverName)) return true;
  return (await readServerSpans(context, room, serverName)).some(({ value }) => value === 'join');
}
