import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import type { Command, OwnedShard } from '../../platform/shard-log/command.ts';
import { rulesOfRoom } from '../../storage/names/room-names.ts';
import { eventReference } from '../event-reference.ts';
import { findAuthorisingUser, isRestrictedFor } from '../find-authorising-user.ts';
import type { HotRoom } from '../hot-room.ts';
import { hotRooms } from '../hot-rooms.ts';
import { loadMembers } from '../load-hot-room.ts';
import type { HandshakeMembership } from './make-membership.ts';
import { requireOwnUser, requireResidentRoom } from './require-resident-room.ts';

interface DraftInput {
  readonly roomId: string;
  readonly userId: string;
  readonly membership: HandshakeMembership;
}

interface DraftResult {
  /** The event that the other server may sign, or null where the room is not known. */
  readonly event: JsonObject | null;
}

/** Writes nothing: it runs where the room is in memory. */
export const draftMembershipCommand: Command<DraftInput, DraftResult> = {
  name: 'draft-membership',
  key: (input) => input.roomId,
  releases: 'decided',
  async decide(shard, input) {
    const room = await shard.remember(hotRooms).load(input.roomId);
    if (!room) return { result: { event: null } };
    return { result: { event: (await draftMembership(shard, room, input)) as unknown as JsonObject } };
  },
};

async function draftMembership(shard: OwnedShard, room: HotRoom, { userId, membership }: DraftInput): Promise<Pdu> {
  const { context } = shard;
  const content: JsonObject = { membership };
  await loadMembers(context, room, [userId]);
  if (membership === 'join' && isRestrictedFor(room, userId)) {
    const authorisingUser = await findAuthorisingUser(context, room, userId);
    if (authorisingUser !== undefined) content['join_authorised_via_users_server'] = authorisingUser;
  }
  const pdu: Pdu = {
    type: 'm.room.member',
    room_id: room.roomId,
    sender: userId,
    state_key: userId,
    content,
    origin: context.serverName,
    origin_server_ts: context.clock.wallMs(),
    ...placeOf(room),
    auth_events: [],
  };
  const tuples = selectAuthEvents(room.rules, pdu);
  await loadMembers(
    context,
    room,
    tuples.filter(([type]) => type === 'm.room.member').map(([, stateKey]) => stateKey),
  );
  pdu.auth_events = tuples.flatMap(([type, stateKey]) => {
    const entry = room.get(type, stateKey);
    return entry ? [eventReference(room.rules, entry.eventId, entry.pdu)] : [];
  });
  const verdict = authorizeEvent(room.rules, { pdu, eventId: '', roomId: room.roomId }, room, cryptoPrimitives.verify);
  if (!verdict.allowed) throw new MatrixError('M_FORBIDDEN', verdict.reason);
  return pdu;
}

const maxPrevEvents = 20;

/** Where the next event of a room comes. */
function placeOf(room: HotRoom): Pick<Pdu, 'prev_events' | 'depth'> {
  const newest = room.extremities.slice(-maxPrevEvents);
  return {
    prev_events: newest.map(({ reference }) => reference),
    depth: Math.min(Number.MAX_SAFE_INTEGER, 1 + Math.max(0, ...newest.map(({ depth }) => depth))),
  };
}

export interface TemplateRequest extends DraftInput {
  /** The server that asks. */
  readonly origin: string;
  /** Room versions that it supports; undefined where the operation does not ask. */
  readonly versions?: readonly string[] | undefined;
}

/**
 * Answers make_join, make_knock and make_leave. Throws M_NOT_FOUND, M_FORBIDDEN, M_INCOMPATIBLE_ROOM_VERSION with
 * `room_version`, M_UNABLE_TO_AUTHORISE_JOIN, M_UNABLE_TO_GRANT_JOIN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1make_joinroomiduserid
 */
export async function makeMembershipTemplate(context: Context, request: TemplateRequest): Promise<JsonObject> {
  const { roomId, userId, membership, origin, versions } = request;
  requireOwnUser(userId, origin);
  const room = await requireResidentRoom(context, roomId, origin);
  if (versions && !versions.includes(room.version)) {
    const message = `The room has the version ${room.version}, which your server does not name`;
    throw new MatrixError('M_INCOMPATIBLE_ROOM_VERSION', message, { fields: { room_version: room.version } });
  }
  if (membership === 'knock' && !rulesOfRoom(room).knocking) {
    throw new MatrixError('M_FORBIDDEN', 'This room version has no knocking');
  }
  const input = { roomId, userId, membership };
  const { event } = await context.shardLog.submit(draftMembershipCommand, room.shard, input);
  if (!event) throw new MatrixError('M_NOT_FOUND', 'This server is not in the room');
  return { room_version: room.version, event };
}
