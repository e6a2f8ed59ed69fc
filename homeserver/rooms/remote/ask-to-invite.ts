import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { matrixErrorOf } from './ask-in-turn.ts';

/** What an identity server signed: who owns the identifier that was invited. */
export interface SignedIdentifier extends JsonObject {
  mxid: string;
  /** State key of the m.room.third_party_invite event. */
  token: string;
  signatures: JsonObject;
}

export interface InviteByToken {
  readonly roomId: string;
  /** Who invited the identifier. */
  readonly sender: string;
  readonly target: string;
  readonly signed: SignedIdentifier;
}

const timeoutMs = 30_000;

/**
 * Has the server of who invited a local user's third-party identifier invite the user: the invitation arrives before
 * this returns. Throws MatrixError.
 */
export async function askToInvite(context: Context, { roomId, sender, target, signed }: InviteByToken): Promise<void> {
  const server = parseUserId(sender)?.serverName;
  if (server === undefined) throw new MatrixError('M_INVALID_PARAM', 'The sender is no user id');
  const body: JsonObject = {
    type: 'm.room.member',
    room_id: roomId,
    sender,
    state_key: target,
    content: { membership: 'invite', third_party_invite: { display_name: '', signed } },
  };
  const path = `/_matrix/federation/v1/exchange_third_party_invite/${encodeURIComponent(roomId)}`;
  try {
    await askServer(context, { server, method: 'PUT', path, body, timeoutMs });
  } catch (error) {
    throw matrixErrorOf(error);
  }
}
