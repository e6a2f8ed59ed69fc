import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { isLocalUser } from './check-invitees.ts';
import type { EventIntent } from './event-intent.ts';
import type { HotRoom } from './hot-room.ts';
import { loadMembers } from './load-hot-room.ts';

/** What an identity server gives to the owner of a third-party identifier that was invited to a room. */
export interface ThirdPartySigned extends JsonObject {
  /** Who sent the invitation. */
  sender: string;
  mxid: string;
  /** State key of the m.room.third_party_invite event. */
  token: string;
  signatures: JsonObject;
}

/**
 * The invitation of a user that a third-party invitation turns into, in the name of its sender. The signature is
 * checked with the authorisation rules. Throws M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/client-server-api/#third-party-invites
 */
export async function thirdPartyInviteIntent(
  context: Context,
  room: HotRoom,
  signed: ThirdPartySigned,
  join: EventIntent,
): Promise<EventIntent> {
  const { sender, mxid, token } = signed;
  const invite = room.get('m.room.third_party_invite', token);
  if (!invite || invite.pdu.sender !== sender || mxid !== join.sender) {
    throw new MatrixError('M_FORBIDDEN', 'The third-party invitation is not of this room and user');
  }
  if (!isLocalUser(context, sender)) {
    throw new MatrixError('M_FORBIDDEN', 'The invitation came from another server, which this server cannot reach');
  }
  await loadMembers(context, room, [sender]);
  const displayName = invite.pdu.content['display_name'];
  return {
    type: 'm.room.member',
    sender,
    stateKey: mxid,
    content: {
      membership: 'invite',
      third_party_invite: {
        display_name: typeof displayName === 'string' ? displayName : '',
        // Whole, since the signature covers every member.
        signed,
      },
    },
    originServerTs: join.originServerTs,
  };
}
