import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { joinThrough, type LocalJoin } from './join-through.ts';
import { partialRoomsOf } from './partial-rooms.ts';

/**
 * Joins a local user to a restricted room that this server is in, on the authority of a user of another server, where
 * none of this server's may let anybody in or the room of the condition is not known here. `refusal` is why: anything
 * else is thrown again. Returns the join's event id.
 * https://spec.matrix.org/v1.19/server-server-api/#restricted-rooms
 */
export async function joinThroughAnotherServer(
  context: Context,
  join: LocalJoin,
  refusal: MatrixError,
): Promise<string> {
  const isUnknown = refusal.errcode === 'M_UNABLE_TO_AUTHORISE_JOIN';
  if (!isUnknown && refusal.errcode !== 'M_UNABLE_TO_GRANT_JOIN') throw refusal;
  const joined = await joinedServersOf(context, join.roomId);
  const servers = [...joined].filter((server) => server !== context.serverName);
  if (servers.length === 0) {
    if (isUnknown) throw new MatrixError('M_FORBIDDEN', 'You are not invited, and in no room whose members may join');
    throw refusal;
  }
  return await joinThrough(context, servers, join);
}

/**
 * Joins a local user to a room of which most members are not known yet: whether the user may, others can tell. Undefined
 * where this server can decide: the room is whole, or the user's membership is known.
 * https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/3902-faster-remote-joins.md
 */
export async function joinPartialRoom(context: Context, join: LocalJoin): Promise<string | undefined> {
  if (!partialRoomsOf(context).isPartial(join.roomId)) return undefined;
  const room = await findRoom(context, join.roomId);
  if (!room || (await readStateEvent(context, room, 'm.room.member', join.userId))) return undefined;
  const servers = [...(await joinedServersOf(context, join.roomId))].filter((name) => name !== context.serverName);
  return servers.length === 0 ? undefined : await joinThrough(context, servers, join);
}
