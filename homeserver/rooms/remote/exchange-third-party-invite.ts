import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { changeMembership } from '../change-membership.ts';
import { isLocalUser } from '../check-invitees.ts';
import { askToInvite, type InviteByToken, type SignedIdentifier } from './ask-to-invite.ts';
import { requireResidentRoom } from './require-resident-room.ts';

export interface ThirdPartyExchange {
  readonly roomId: string;
  /** As the body names it. */
  readonly namedRoomId: string;
  /** The server that asks. */
  readonly origin: string;
  /** Local: who invited the identifier. */
  readonly sender: string;
  readonly target: string;
  readonly signed: SignedIdentifier;
}

/**
 * Invites a user in the name of the local one who had invited the user's third-party identifier. The signature is
 * checked with the authorisation rules. Throws M_INVALID_PARAM, M_FORBIDDEN, M_NOT_FOUND, and what inviting throws.
 * https://spec.matrix.org/v1.19/server-server-api/#third-party-invites
 */
export async function exchangeThirdPartyInvite(context: Context, exchange: ThirdPartyExchange): Promise<void> {
  const { roomId, namedRoomId, origin, sender, target, signed } = exchange;
  if (namedRoomId !== roomId) throw new MatrixError('M_INVALID_PARAM', 'The event is of another room');
  if (!isLocalUser(context, sender)) throw new MatrixError('M_INVALID_PARAM', 'The sender is not of this server');
  await requireResidentRoom(context, roomId, origin);
  await inviteByToken(context, { roomId, sender, target, signed });
}

async function inviteByToken(context: Context, { roomId, sender, target, signed }: InviteByToken): Promise<void> {
  const room = await findRoom(context, roomId);
  const invite = room && (await readStateEvent(context, room, 'm.room.third_party_invite', signed.token));
  if (!invite || invite.pdu.sender !== sender || signed.mxid !== target) {
    throw new MatrixError('M_FORBIDDEN', 'The third-party invitation is not of this room and user');
  }
  const displayName = invite.pdu.content['display_name'];
  const content: JsonObject = {
    // `signed` whole, since the signature covers every member.
    third_party_invite: { display_name: typeof displayName === 'string' ? displayName : '', signed },
  };
  await changeMembership(context, { roomId, action: 'invite', sender, target, content });
}

export interface BoundInvite {
  readonly roomId: string;
  readonly sender: string;
  readonly signed: SignedIdentifier;
}

/**
 * Turns invitations by a third-party identifier into invitations of the local user who owns it. Those that do not work
 * out are logged: the identity server has done its part.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv13pidonbind
 */
export async function acceptBoundInvites(
  context: Context,
  userId: string,
  invites: readonly BoundInvite[],
): Promise<void> {
  if (!isLocalUser(context, userId)) throw new MatrixError('M_FORBIDDEN', 'The user is not of this server');
  for (const { roomId, sender, signed } of invites) {
    try {
      if (isLocalUser(context, sender)) await inviteByToken(context, { roomId, sender, target: userId, signed });
      else await askToInvite(context, { roomId, sender, target: userId, signed });
    } catch (error) {
      if (!(error instanceof MatrixError) || error.status >= 500) throw error;
      context.log.info({ roomId, userId, error: error.message }, 'a third-party invitation could not be redeemed');
    }
  }
}
