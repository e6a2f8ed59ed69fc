import type { Context } from '../platform/context.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import type { AddressedEdu } from '../rooms/addressed-edu.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';
import { serversSharingRoomsWith } from '../rooms/servers-of-user.ts';

/**
 * What other servers are told of who is there: those that share a room with the user.
 * https://spec.matrix.org/v1.19/server-server-api/#presence
 */
export async function edusOfPresence(
  context: Context,
  { body }: LogEntry & { readonly kind: 'presence' },
): Promise<AddressedEdu[]> {
  const { userId, presence, statusMessage, lastActiveMs, currentlyActive } = body;
  if (!context.config.presence.enabled || !isUserOfServer(userId, context.serverName)) return [];
  const servers = await serversSharingRoomsWith(context, userId);
  const update = {
    user_id: userId,
    presence,
    last_active_ago: Math.max(0, context.clock.wallMs() - lastActiveMs),
    ...(presence === 'online' && { currently_active: currentlyActive }),
    ...(statusMessage !== undefined && { status_msg: statusMessage }),
  };
  return [{ type: 'm.presence', content: { push: [update] }, servers, key: userId, keep: 'brief' }];
}
