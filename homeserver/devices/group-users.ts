import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../platform/context.ts';

/** By server name, why it gave no answer. */
export type RemoteFailures = Record<string, JsonObject>;

export interface UsersByServer {
  /** This server's. */
  readonly local: string[];
  /** The others', by server name. */
  readonly remote: Map<string, string[]>;
}

/** Users by their servers. What is no user id is unknown to everybody and left out. */
export function groupByServer(context: Context, userIds: readonly string[]): UsersByServer {
  const local: string[] = [];
  const remote = new Map<string, string[]>();
  for (const userId of userIds) {
    const serverName = parseUserId(userId)?.serverName;
    if (serverName === undefined) continue;
    if (serverName === context.serverName) local.push(userId);
    else {
      const users = remote.get(serverName);
      if (users) users.push(userId);
      else remote.set(serverName, [userId]);
    }
  }
  return { local, remote };
}
