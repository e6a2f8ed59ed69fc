import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { readMemberFacts } from '../storage/rooms/read-member-facts.ts';
import { changeMembershipCommand, type MembershipAction } from './change-membership-command.ts';
import { checkEventForRoom } from './check-event-content.ts';
import { checkInvitees, checkUserId, isLocalUser } from './check-invitees.ts';
import { checkRoomIsOpen } from './check-room-is-open.ts';
import { changeOwnMembershipElsewhere } from './remote/change-own-membership-elsewhere.ts';
import { inviteRemoteUser } from './remote/invite-remote-user.ts';
import { joinPartialRoom, joinThroughAnotherServer } from './remote/join-through-another-server.ts';
import { type EventResult, submitToRoom } from './room-command.ts';
import type { ThirdPartySigned } from './third-party-invite.ts';

/** Memberships that a blocked room does not give. */
const bringsIn: ReadonlySet<unknown> = new Set(['join', 'invite', 'knock']);

export interface MembershipRequest {
  readonly roomId: string;
  readonly action: MembershipAction;
  /** Who does it. */
  readonly sender: string;
  /** To whom; the sender for join, knock and leave. */
  readonly target: string;
  readonly content?: JsonObject;
  /** With a join: proof that the target owns the third-party identifier that was invited. */
  readonly thirdPartySigned?: ThirdPartySigned | undefined;
  /** With a join or knock: servers that are likely to be in the room. */
  readonly via?: readonly string[] | undefined;
  /** When it happened; default: now. */
  readonly originServerTs?: number | undefined;
}

/**
 * Joins, invites, knocks, leaves, kicks, bans or unbans, with the help of other servers where this one is not in the
 * room or the invited user is of another. Returns the member event's id, an existing one when nothing had to change.
 * Throws M_FORBIDDEN; M_NOT_FOUND for joins and knocks where no such room is; M_INVALID_PARAM, M_INVITE_BLOCKED,
 * M_UNABLE_TO_GRANT_JOIN, M_UNABLE_TO_AUTHORISE_JOIN, M_INCOMPATIBLE_ROOM_VERSION, M_CONNECTION_FAILED,
 * M_CONNECTION_TIMEOUT, M_BAD_JSON, M_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#room-membership
 */
export async function changeMembership(context: Context, request: MembershipRequest): Promise<EventResult> {
  const { roomId, action, sender, target, thirdPartySigned, via = [] } = request;
  const membership = membershipOf(request);
  if (bringsIn.has(membership)) await checkRoomIsOpen(context, roomId);
  const content = await memberContent(context, request, membership);
  await checkEventForRoom(context, roomId, { type: 'm.room.member', stateKey: target, content });
  if (membership === 'invite' && !isLocalUser(context, target)) return await inviteElsewhere(context, request, content);
  const isOwn = sender === target && (membership === 'join' || membership === 'knock' || membership === 'leave');
  const own = { roomId, userId: target, membership, content, via, thirdPartySigned };
  const elsewhere = isOwn ? await changeOwnMembershipElsewhere(context, own) : undefined;
  if (elsewhere !== undefined) return { eventId: elsewhere };
  const partial = isOwn && membership === 'join' ? await joinPartialRoom(context, own) : undefined;
  if (partial !== undefined) return { eventId: partial };
  try {
    return await submitToRoom(context, changeMembershipCommand, {
      roomId,
      action,
      sender,
      target,
      content,
      ...(thirdPartySigned && { thirdPartySigned }),
      identity: context.random.uuid(),
      originServerTs: request.originServerTs ?? context.clock.wallMs(),
    });
  } catch (error) {
    if (membership !== 'join' || !(error instanceof MatrixError)) throw error;
    const eventId = await joinThroughAnotherServer(context, { roomId, userId: target, content }, error);
    return { eventId };
  }
}

/** What the target's membership is to be. */
function membershipOf({ action, content }: MembershipRequest): unknown {
  if (action === 'put') return content?.['membership'];
  return action === 'kick' || action === 'unban' ? 'leave' : action;
}

/** With the profiles that joins, knocks and invitations of local users show, unless the content brings its own. */
async function memberContent(
  context: Context,
  { sender, target, content = {} }: MembershipRequest,
  membership: unknown,
): Promise<JsonObject> {
  checkUserId(target);
  if (membership === 'invite') {
    const facts = await checkInvitees(context, [target]);
    return { ...facts(target).profile, ...content };
  }
  if (sender !== target || (membership !== 'join' && membership !== 'knock')) return content;
  const facts = await readMemberFacts(context, [target]);
  return { ...facts(target).profile, ...content };
}

async function inviteElsewhere(
  context: Context,
  { roomId, sender, target }: MembershipRequest,
  content: JsonObject,
): Promise<EventResult> {
  const eventId = await inviteRemoteUser(context, roomId, {
    type: 'm.room.member',
    sender,
    stateKey: target,
    content: { ...content, membership: 'invite' },
    originServerTs: context.clock.wallMs(),
  });
  return { eventId };
}
