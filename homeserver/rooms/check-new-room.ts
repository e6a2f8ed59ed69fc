import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../platform/context.ts';
import { readMemberFacts } from '../storage/rooms/read-member-facts.ts';
import { checkEventContent } from './check-event-content.ts';
import { checkInvitees, isLocalUser } from './check-invitees.ts';
import { listAliases } from './directory/check-canonical-alias.ts';
import { checkLocalAlias } from './directory/claim-alias.ts';
import type { NewRoom, RoomBlueprint } from './initial-room-events.ts';

/**
 * Checks what the authorisation rules say nothing about, and adds the profiles. Two queries.
 * Throws M_BAD_JSON, M_TOO_LARGE, M_BAD_ALIAS, M_INVALID_PARAM, M_FORBIDDEN, M_INVITE_BLOCKED.
 */
export async function checkNewRoom(
  context: Context,
  rules: RoomVersionRules,
  request: NewRoom,
): Promise<RoomBlueprint> {
  const { creator, canonicalAlias, name, topic } = request;
  if (canonicalAlias !== undefined) checkLocalAlias(context, canonicalAlias);
  for (const content of [request.creationContent, request.powerLevelOverride, { name, topic }]) {
    checkEventContent(rules, { type: 'm.room.create', content });
  }
  for (const event of request.initialState) checkEventContent(rules, event);
  checkInitialAliases(request);
  const invite = [...new Set(request.invite)];
  // Invitations are invitations, wherever they stand.
  const otherInvites = request.initialState
    .filter(({ type, content }) => type === 'm.room.member' && content['membership'] === 'invite')
    .map(({ stateKey }) => stateKey);
  checkRemoteInvites(context, request, otherInvites);
  const invited = await checkInvitees(context, [...new Set([...invite, ...otherInvites])]);
  const own = await readMemberFacts(context, [creator]);
  return {
    ...request,
    invite,
    creatorProfile: own(creator).profile,
    inviteProfiles: Object.fromEntries(invite.map((userId) => [userId, invited(userId).profile])),
  };
}

/** Users of other servers are invited with the help of those. */
function checkRemoteInvites(
  context: Context,
  { invite, creationContent }: NewRoom,
  otherInvites: readonly string[],
): void {
  const isRemote = (userId: string) => !isLocalUser(context, userId);
  if (otherInvites.some(isRemote)) {
    throw new MatrixError('M_INVALID_PARAM', 'Users of other servers are invited with `invite`, not in initial_state');
  }
  if (creationContent['m.federate'] === false && invite.some(isRemote)) {
    throw new MatrixError('M_FORBIDDEN', 'Users of other servers cannot be invited to a room that does not federate');
  }
}

/** No alias leads to a room that is not there yet, except the one that is made with it. */
function checkInitialAliases({ initialState, canonicalAlias }: NewRoom): void {
  for (const { type, stateKey, content } of initialState) {
    if (type !== 'm.room.canonical_alias' || stateKey !== '') continue;
    const foreign = listAliases(content).find((alias) => alias !== canonicalAlias);
    if (foreign !== undefined) throw new MatrixError('M_BAD_ALIAS', 'An alias in initial_state is not of this room');
  }
}
