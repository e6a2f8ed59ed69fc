import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isUserId, parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../platform/context.ts';
import { isServerAllowed } from '../remote-servers/is-server-allowed.ts';
import { type MemberFacts, readMemberFacts } from '../storage/rooms/read-member-facts.ts';

export function isLocalUser(context: Context, userId: string): boolean {
  return parseUserId(userId)?.serverName === context.serverName;
}

/** Throws M_INVALID_PARAM for what is no user id. */
export function checkUserId(userId: string): void {
  if (!isUserId(userId)) throw new MatrixError('M_INVALID_PARAM', 'The user id is not valid');
}

/**
 * Whether users can be invited from here at all, whatever the room says; gives their profiles. One query.
 * Throws M_INVALID_PARAM; M_FORBIDDEN for users of servers that this one does not deal with; M_INVITE_BLOCKED.
 * https://spec.matrix.org/v1.19/client-server-api/#invite-permission
 */
export async function checkInvitees(
  context: Context,
  userIds: readonly string[],
): Promise<(userId: string) => MemberFacts> {
  for (const userId of userIds) {
    checkUserId(userId);
    const serverName = parseUserId(userId)?.serverName ?? '';
    if (serverName !== context.serverName && !isServerAllowed(context, serverName)) {
      throw new MatrixError('M_FORBIDDEN', `${userId} is on another server, with which this server does not federate`);
    }
  }
  const facts = await readMemberFacts(context, userIds);
  const blocking = userIds.find((userId) => facts(userId).blocksInvites);
  if (blocking !== undefined) throw new MatrixError('M_INVITE_BLOCKED', `${blocking} does not accept invitations`);
  return facts;
}
