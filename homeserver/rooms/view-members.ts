import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { forgottenCode, type Membership, membershipCodes } from '../storage/rooms/membership-codes.ts';
import { forEachState, readFirstMemberPosition, readState } from '../storage/rooms/read-state.ts';
import { membershipIn } from './hot-room.ts';
import { partialRoomsOf } from './remote/partial-rooms.ts';
import { findRoomReader, readableStateAt } from './room-reader.ts';
import { decodePlace } from './view-messages.ts';

export interface ViewMembersRequest {
  /** A pagination or sync token; absent: now. */
  readonly at?: string | undefined;
  /** With both: members who pass either. */
  readonly membership?: Membership | undefined;
  readonly notMembership?: Membership | undefined;
}

/**
 * The member events of a room as one user may see them. Two queries, two more for a place before the room's
 * beginning. In a room that was joined a short while ago, it waits until all members are known. Throws M_FORBIDDEN,
 * M_INVALID_PARAM; M_UNKNOWN (503) when that takes too long.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers
 */
export async function viewMembers(
  context: Context,
  roomId: string,
  userId: string,
  request: ViewMembersRequest,
): Promise<StoredEvent[]> {
  const { membership, notMembership } = request;
  const reader = await findRoomReader(context, roomId, userId);
  await partialRoomsOf(context).waitUntilWhole(roomId);
  const at = readableStateAt(reader, decodePlace(reader.room, 'at', request.at));
  const passes = (is: string) =>
    (membership === undefined && notMembership === undefined) ||
    (membership !== undefined && is === membership) ||
    (notMembership !== undefined && is !== notMembership);
  const wanted = (Object.keys(membershipCodes) as Membership[]).filter(passes).map((name) => membershipCodes[name]);
  // Who forgot the room left it or was banned; the event says which.
  const memberships = [...wanted, ...(passes('leave') || passes('ban') ? [forgottenCode] : [])];
  const selection = { membersOnly: true, memberships, ...(at !== undefined && { at }) };
  let members = await readState(context, reader.room, selection);
  if (members.length === 0 && at !== undefined) {
    // A timeline that shows the whole room begins before anybody was in it: what is meant are the first members.
    const first = readableStateAt(reader, await readFirstMemberPosition(context, reader.room));
    if (first !== undefined && first > at) members = await readState(context, reader.room, { ...selection, at: first });
  }
  return members.filter(({ pdu }) => passes(membershipIn(pdu)));
}

/**
 * The joined members by user id, for those who are joined themselves. Two queries; waits as viewMembers. Throws
 * M_FORBIDDEN.
 */
export async function viewJoinedMembers(context: Context, roomId: string, userId: string): Promise<JsonObject> {
  const { room, membership } = await findRoomReader(context, roomId, userId);
  if (membership !== 'join') throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  await partialRoomsOf(context).waitUntilWhole(roomId);
  const joined = Object.create(null) as JsonObject;
  await forEachState(context, room, { membersOnly: true, memberships: [membershipCodes.join] }, ({ pdu }) => {
    const { displayname, avatar_url: avatarUrl } = pdu.content;
    joined[pdu.state_key ?? ''] = {
      // Clients look for both.
      display_name: typeof displayname === 'string' ? displayname : null,
      avatar_url: typeof avatarUrl === 'string' ? avatarUrl : null,
    };
  });
  return joined;
}
