import type { Context } from '../platform/context.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import type { AddressedEdu } from '../rooms/addressed-edu.ts';
import { serversToTell } from '../rooms/joined-servers.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';

/**
 * What other servers are told of who types: those in the room.
 * https://spec.matrix.org/v1.19/server-server-api/#typing-notifications
 */
export async function edusOfTyping(
  context: Context,
  { position, body }: LogEntry & { readonly kind: 'typing' },
): Promise<AddressedEdu[]> {
  const { roomId, userId, typing } = body;
  if (!isUserOfServer(userId, context.serverName)) return [];
  const servers = await serversToTell(context, roomId, position);
  const content = { room_id: roomId, user_id: userId, typing };
  return [{ type: 'm.typing', content, servers, key: `${roomId} ${userId}`, keep: 'brief' }];
}
