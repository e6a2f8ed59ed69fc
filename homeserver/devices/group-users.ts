import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../platform/context.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';

/** By server name, why it could not be asked. */
export type RemoteFailures = Record<string, JsonObject>;

/**
 * This server's users by the shard that writes what is theirs, and a failure for every other server, since none can be
 * asked. What is no user id is unknown to everybody and left out.
 */
export function groupLocalUsers(
  context: Context,
  userIds: readonly string[],
): { readonly usersByShard: Map<number, string[]>; readonly failures: RemoteFailures } {
  const usersByShard = new Map<number, string[]>();
  const failures: RemoteFailures = {};
  for (const userId of userIds) {
    const serverName = parseUserId(userId)?.serverName;
    if (serverName === undefined) continue;
    if (serverName !== context.serverName) {
      failures[serverName] = {
        errcode: 'M_UNKNOWN',
        error: 'This server does not exchange messages with other servers',
      };
      continue;
    }
    const shard = shardOfUser(context, userId);
    const users = usersByShard.get(shard);
    if (users) users.push(userId);
    else usersByShard.set(shard, [userId]);
  }
  return { usersByShard, failures };
}
