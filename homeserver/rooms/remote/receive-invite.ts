import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkEventFormat } from '@holdfast/protocol/events/check-event-format.ts';
import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { JsonObject, JsonValue, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { signEvent } from '@holdfast/protocol/events/sign-event.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { verifyReceivedEvents } from '../../remote-servers/received-events/verify-received-events.ts';
import { readAccount } from '../../storage/accounts/read-accounts.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readMemberFacts } from '../../storage/rooms/read-member-facts.ts';
import { isLocalUser } from '../check-invitees.ts';
import { checkRoomIsOpen } from '../check-room-is-open.ts';
import { isServerInRoom } from '../joined-servers.ts';
import { isServerAllowedInRoom } from '../server-acls.ts';
import { appendMembershipOutOfBand } from './append-membership-out-of-band.ts';
import { checkInviteState } from './invite-state.ts';
import { requireOwnUser } from './require-resident-room.ts';

export interface SentInvite {
  readonly roomId: string;
  /** As the path names it. */
  readonly eventId: string;
  readonly version: string;
  readonly event: JsonObject;
  readonly inviteState: JsonValue | undefined;
  /** The server that sends it. */
  readonly origin: string;
}

/**
 * Takes an invitation of a local user to a room on other servers: signs it, and unless this server is in the room, where
 * it arrives in its order, tells it to the user. Returns the signed event as JSON.
 * Throws M_INCOMPATIBLE_ROOM_VERSION, M_INVALID_PARAM, M_FORBIDDEN, M_INVITE_BLOCKED.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2inviteroomideventid
 */
export async function receiveInvite(context: Context, sent: SentInvite): Promise<string> {
  const { roomId, version, origin } = sent;
  const rules = roomVersionRules(version);
  if (!rules) {
    const message = `Room version ${version} is not supported here`;
    throw new MatrixError('M_INCOMPATIBLE_ROOM_VERSION', message, { fields: { room_version: version } });
  }
  const pdu = checkSentInvite(context, rules, sent);
  await checkRoomIsOpen(context, roomId);
  const [verified] = await verifyReceivedEvents(context, rules, [pdu as unknown as JsonObject]);
  if (!verified || verified.problem) {
    throw new MatrixError('M_INVALID_PARAM', `The event does not hold: ${verified?.problem?.message ?? ''}`);
  }
  if (verified.eventId !== sent.eventId) {
    throw new MatrixError('M_INVALID_PARAM', 'The event id of the path is not that of the event');
  }
  await checkInvitee(context, pdu.state_key ?? '');
  await checkRoom(context, sent);
  const { stripped, problem } = await checkInviteState(context, rules, roomId, sent.inviteState);
  if (problem !== undefined) throw new MatrixError('M_INVALID_PARAM', problem);
  const key = { name: context.serverName, ...context.signingKey };
  const pduJson = encodePdu(signEvent(verified.pdu, rules, key, cryptoPrimitives), rules);
  const event = { eventId: verified.eventId, pduJson };
  await appendMembershipOutOfBand(context, {
    roomId,
    version,
    event,
    unsigned: { invite_room_state: stripped, resident_server: origin },
  });
  context.log.info({ roomId, origin, invited: pdu.state_key }, 'a user was invited by another server');
  return pduJson;
}

function checkSentInvite(context: Context, rules: RoomVersionRules, sent: SentInvite): Pdu {
  const refuse = (message: string) => new MatrixError('M_INVALID_PARAM', message);
  const { unsigned: _, ...candidate } = sent.event;
  const { event: pdu, problem } = checkEventFormat(candidate, rules);
  if (problem) throw refuse(problem.message);
  if (pdu.room_id !== sent.roomId) throw refuse('The event is of another room');
  if (pdu.type !== 'm.room.member') throw refuse('The event is no m.room.member event');
  if (pdu.content['membership'] !== 'invite') throw refuse('The membership is not invite');
  if (!isLocalUser(context, pdu.state_key ?? '')) throw refuse('The invited user is not of this server');
  requireOwnUser(pdu.sender, sent.origin);
  return pdu;
}

async function checkInvitee(context: Context, userId: string): Promise<void> {
  const account = await readAccount(context.database, userId);
  if (!account || account.isDeactivated) throw new MatrixError('M_FORBIDDEN', 'There is no such user here');
  const facts = await readMemberFacts(context, [userId]);
  if (facts(userId).blocksInvites) {
    throw new MatrixError('M_INVITE_BLOCKED', `${userId} does not accept invitations`);
  }
}

/** What is known of the room already must agree. */
async function checkRoom(context: Context, { roomId, version, origin }: SentInvite): Promise<void> {
  const room = await findRoom(context, roomId);
  if (!room) return;
  if (room.version !== version) throw new MatrixError('M_INVALID_PARAM', 'The room is of another version');
  if (!(await isServerInRoom(context, roomId))) return;
  if (!(await isServerAllowedInRoom(context, room, origin))) {
    throw new MatrixError('M_FORBIDDEN', "The room's server ACL does not let your server take part");
  }
}
