import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';

/** Whether a text is the id of a user of this server: one whom it may speak for. */
export function isUserOfServer(userId: string, serverName: string): boolean {
  return parseUserId(userId)?.serverName === serverName;
}
