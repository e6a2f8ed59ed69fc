import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkEventFormat } from '@holdfast/protocol/events/check-event-format.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { signEvent } from '@holdfast/protocol/events/sign-event.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { verifyReceivedEvents } from '../../remote-servers/received-events/verify-received-events.ts';
import { type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { isLocalUser } from '../check-invitees.ts';
import { findAuthorisingUser, isRestrictedFor } from '../find-authorising-user.ts';
import { hotRooms } from '../hot-rooms.ts';
import { loadMembers } from '../load-hot-room.ts';
import { receiveEvents } from '../receive-events.ts';
import type { HandshakeMembership } from './make-membership.ts';
import { requireAccepted } from './require-accepted.ts';
import { requireOwnUser, requireResidentRoom } from './require-resident-room.ts';

export interface SentMembership {
  readonly membership: HandshakeMembership;
  readonly roomId: string;
  /** As the path names it. */
  readonly eventId: string;
  readonly event: JsonObject;
  /** The server that sends it. */
  readonly origin: string;
}

export interface ReceivedMembership {
  readonly room: RoomName;
  readonly eventId: string;
  /** Of the event as it is stored: countersigned where the room is restricted. */
  readonly pduJson: string;
}

/**
 * Takes a join, knock or leave that another server made for one of its users into the room, from where it goes to the
 * other servers as every event does. Returns once it is committed; sent again, it is answered again, a refused one too.
 * Throws M_NOT_FOUND, M_FORBIDDEN, M_INVALID_PARAM, M_UNABLE_TO_AUTHORISE_JOIN, M_UNABLE_TO_GRANT_JOIN.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_joinroomideventid
 */
export async function receiveMembership(context: Context, sent: SentMembership): Promise<ReceivedMembership> {
  const room = await requireResidentRoom(context, sent.roomId, sent.origin);
  const rules = rulesOfRoom(room);
  const pdu = checkSentMembership(rules, sent);
  const signed = await countersign(context, room, rules, pdu);
  const [verified] = await verifyReceivedEvents(context, rules, [signed as unknown as JsonObject]);
  if (!verified || verified.problem) {
    throw new MatrixError('M_INVALID_PARAM', `The event does not hold: ${verified?.problem?.message ?? ''}`);
  }
  if (verified.eventId !== sent.eventId) {
    throw new MatrixError('M_INVALID_PARAM', 'The event id of the path is not that of the event');
  }
  const { eventId, pduJson } = verified;
  const [outcome] = await receiveEvents(context, {
    roomId: sent.roomId,
    origin: sent.origin,
    // The other servers of the room hear of it from this one.
    events: [{ eventId, pduJson, isRelayed: true }],
  });
  if (outcome?.outcome === 'waiting') {
    throw new MatrixError('M_INVALID_PARAM', 'The event refers to events that this server does not have');
  }
  await requireAccepted(context, { eventId, roomId: sent.roomId, pdu }, outcome);
  return { room, eventId, pduJson };
}

function checkSentMembership(rules: RoomVersionRules, sent: SentMembership): Pdu {
  const refuse = (message: string) => new MatrixError('M_INVALID_PARAM', message);
  const { event: pdu, problem } = checkEventFormat(sent.event, rules);
  if (problem) throw refuse(problem.message);
  if (pdu.room_id !== sent.roomId) throw refuse('The event is of another room');
  if (pdu.type !== 'm.room.member') throw refuse('The event is no m.room.member event');
  if (pdu.content['membership'] !== sent.membership) throw refuse(`The membership is not ${sent.membership}`);
  if (pdu.state_key !== pdu.sender) throw refuse('The state key is not the sender');
  requireOwnUser(pdu.sender, sent.origin);
  return pdu;
}

/**
 * A join on the authority of one of our users needs our signature, which is given when a condition of the room is
 * met at this moment.
 * https://spec.matrix.org/v1.19/server-server-api/#restricted-rooms
 */
async function countersign(context: Context, room: RoomName, rules: RoomVersionRules, pdu: Pdu): Promise<Pdu> {
  const authorisingUser = pdu.content['join_authorised_via_users_server'];
  if (!rules.restrictedJoins || pdu.content['membership'] !== 'join' || typeof authorisingUser !== 'string') return pdu;
  if (!isLocalUser(context, authorisingUser)) {
    throw new MatrixError('M_INVALID_PARAM', 'The join is on the authority of a user of another server');
  }
  const input = { roomId: room.roomId, userId: pdu.sender };
  const { meetsCondition } = await context.shardLog.submit(checkRestrictedJoinCommand, room.shard, input);
  if (!meetsCondition) throw new MatrixError('M_FORBIDDEN', 'You meet no condition of this room');
  const { serverName, signingKey } = context;
  return signEvent(pdu, rules, { name: serverName, ...signingKey }, cryptoPrimitives);
}

/** Writes nothing: it runs where the room is in memory. */
export const checkRestrictedJoinCommand: Command<
  { readonly roomId: string; readonly userId: string },
  { readonly meetsCondition: boolean }
> = {
  name: 'check-restricted-join',
  key: (input) => input.roomId,
  releases: 'decided',
  async decide(shard, { roomId, userId }) {
    const room = await shard.remember(hotRooms).load(roomId);
    if (!room) return { result: { meetsCondition: false } };
    await loadMembers(shard.context, room, [userId]);
    if (!isRestrictedFor(room, userId)) return { result: { meetsCondition: true } };
    const authorisingUser = await findAuthorisingUser(shard.context, room, userId);
    return { result: { meetsCondition: authorisingUser !== undefined } };
  },
};
