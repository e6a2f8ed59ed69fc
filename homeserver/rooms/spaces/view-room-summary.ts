import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { readMemberships } from '../../storage/rooms/read-memberships.ts';
import { findRoomByName } from '../directory/resolve-alias.ts';
import { askForHierarchy } from './ask-for-hierarchy.ts';
import { maySeeSummary, summariseResidentRooms } from './resident-rooms.ts';
import type { RoomSummary } from './room-summary.ts';

/**
 * What a room is, for somebody who may not be in it (undefined: nobody known). Rooms that this server is not in are
 * asked for at `via` and at the servers of the alias. Throws M_NOT_FOUND, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1room_summaryroomidoralias
 */
export async function viewRoomSummary(
  context: Context,
  userId: string | undefined,
  roomIdOrAlias: string,
  via: readonly string[],
): Promise<JsonObject> {
  const { roomId, servers } = await findRoomByName(context, roomIdOrAlias);
  const viewer = userId === undefined ? undefined : { userId };
  const summary = await findSummary(context, roomId, [...via, ...servers]);
  if (!summary || !(await maySeeSummary(context, viewer, summary))) {
    throw new MatrixError('M_NOT_FOUND', 'This room is not known, or you may not see it');
  }
  if (userId === undefined) return summary;
  const membership = (await readMemberships(context, userId, [roomId])).get(roomId);
  return { ...summary, ...(membership !== undefined && { membership }) };
}

async function findSummary(
  context: Context,
  roomId: string,
  servers: readonly string[],
): Promise<RoomSummary | undefined> {
  const resident = (await summariseResidentRooms(context, [roomId])).get(roomId);
  return resident ?? (await askForHierarchy(context, roomId, [...new Set(servers)], false))?.room;
}
