import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { listedStateTypes, readListedRooms } from '../../storage/directory/read-published-rooms.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import type { Membership } from '../../storage/rooms/membership-codes.ts';
import { readMemberships } from '../../storage/rooms/read-memberships.ts';
import { readSpaceChildren } from '../../storage/rooms/read-space-children.ts';
import { isServerInRoom, joinedServersOf } from '../joined-servers.ts';
import { allowedBySummary, furtherSummaryTypes, type RoomSummary, stripChild, summariseRoom } from './room-summary.ts';

/** Who wants to see a room: a user of this server, another server, or somebody unknown (undefined). */
export type SummaryViewer = { readonly userId: string } | { readonly serverName: string } | undefined;

/** Rooms that this server is in, as it sees them: by room id; others are absent. Two queries, however many. */
export async function summariseResidentRooms(
  context: Context,
  roomIds: readonly string[],
): Promise<Map<string, RoomSummary>> {
  const rooms: RoomName[] = [];
  for (const roomId of new Set(roomIds)) {
    const room = await findRoom(context, roomId);
    if (room && (await isServerInRoom(context, roomId))) rooms.push(room);
  }
  const numbers = rooms.map(({ id }) => id);
  const { events, joined } = await readListedRooms(context, numbers, [...listedStateTypes, ...furtherSummaryTypes]);
  const eventsByRoom = Map.groupBy(events, (event) => event.roomNumber);
  return new Map(
    rooms.map((room) => [room.roomId, summariseRoom(room, eventsByRoom.get(room.id) ?? [], joined.get(room.id) ?? 0)]),
  );
}

/** The m.space.child events of a room that this server is in, as they are sent. One query. */
export async function readChildrenState(context: Context, roomId: string): Promise<JsonObject[]> {
  const room = await findRoom(context, roomId);
  return room ? (await readSpaceChildren(context, room)).map(stripChild) : [];
}

const openRules: ReadonlySet<unknown> = new Set(['public', 'knock', 'knock_restricted']);
/** Members see it, and those who may become one. */
const seeingMemberships: ReadonlySet<Membership | undefined> = new Set(['join', 'invite']);

/**
 * Whether somebody could get to know a room: its members and those invited, everybody where anybody may join, knock or
 * read, and members of the rooms that open a restricted one. Two queries at most.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidhierarchy
 */
export async function maySeeSummary(context: Context, viewer: SummaryViewer, summary: RoomSummary): Promise<boolean> {
  if (openRules.has(summary['join_rule']) || summary.world_readable) return true;
  if (viewer === undefined) return false;
  const allowed = allowedBySummary(summary);
  if ('userId' in viewer) {
    const memberships = await readMemberships(context, viewer.userId, [summary.room_id, ...allowed]);
    if (seeingMemberships.has(memberships.get(summary.room_id))) return true;
    return allowed.some((roomId) => memberships.get(roomId) === 'join');
  }
  for (const roomId of [summary.room_id, ...allowed]) {
    if ((await joinedServersOf(context, roomId)).has(viewer.serverName)) return true;
  }
  return false;
}
