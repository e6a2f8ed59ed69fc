import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { isServerInRoom } from '../rooms/joined-servers.ts';
import { isServerAllowedInRoom } from '../rooms/server-acls.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { setTypingCommand } from './set-typing.ts';

/**
 * The end of typing may get lost on its way: servers repeat that somebody types more often than this. No more than what
 * clients may ask for here.
 */
const timeoutMs = 60_000;

/**
 * Takes an m.typing EDU in: a user of `origin` types in a room, or has stopped. Throws M_INVALID_PARAM, M_FORBIDDEN for
 * who is not in the room or of another server.
 * https://spec.matrix.org/v1.19/server-server-api/#typing-notifications
 */
export async function receiveTyping(context: Context, origin: string, content: JsonObject): Promise<void> {
  const { room_id: roomId, user_id: userId, typing } = content;
  if (typeof roomId !== 'string' || typeof userId !== 'string' || typeof typing !== 'boolean') {
    throw new MatrixError('M_INVALID_PARAM', 'm.typing needs room_id, user_id and typing');
  }
  if (!isUserOfServer(userId, origin)) throw new MatrixError('M_FORBIDDEN', 'A server speaks for its own users');
  const room = await findRoom(context, roomId);
  if (!room || !(await isServerInRoom(context, roomId))) throw new MatrixError('M_FORBIDDEN', 'Not in this room');
  if (!(await isServerAllowedInRoom(context, room, origin))) {
    throw new MatrixError('M_FORBIDDEN', "The room's server ACL does not let the server take part");
  }
  await context.shardLog.submit(setTypingCommand, room.shard, { roomId, userId, timeoutMs: typing ? timeoutMs : 0 });
}
