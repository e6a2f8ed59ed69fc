import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../../platform/context.ts';
import type { VerifiedEvent } from '../../remote-servers/received-events/received-event.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { isLocalUser } from '../check-invitees.ts';
import { membershipIn } from '../hot-room.ts';
import { appendMembershipOutOfBand } from './append-membership-out-of-band.ts';

/**
 * Takes an event by which a local user is not invited any more, or turned away, in a room that this server is not in.
 * What it refers to is not known here, so it counts when it comes from who invited, or from the server that took the
 * knock. False: it is something else.
 */
export async function receiveEndOfInvitation(
  context: Context,
  room: RoomName,
  origin: string,
  { eventId, pdu, pduJson }: VerifiedEvent,
): Promise<boolean> {
  const { type, sender, state_key: userId = '', content } = pdu;
  const { membership } = content;
  if (type !== 'm.room.member' || !isLocalUser(context, userId) || pdu.room_id !== room.roomId) return false;
  if (membership !== 'leave' && membership !== 'ban') return false;
  const member = await readStateEvent(context, room, 'm.room.member', userId);
  const before = membershipIn(member?.pdu);
  if (!member || (before !== 'invite' && before !== 'knock')) return false;
  const isFromOrigin = parseUserId(sender)?.serverName === origin;
  const isOfInviter = before === 'invite' && sender === member.pdu.sender;
  const isOfResident = before === 'knock' && origin === member.unsigned.resident_server;
  if (!isFromOrigin || !(isOfInviter || isOfResident)) return false;
  const event = { eventId, pduJson };
  await appendMembershipOutOfBand(context, { roomId: room.roomId, version: room.version, event, unsigned: {} });
  return true;
}
