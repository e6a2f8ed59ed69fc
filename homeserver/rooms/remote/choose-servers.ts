import { parseRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../../platform/context.ts';
import { isServerAllowed } from '../../remote-servers/is-server-allowed.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { joinedServersOf } from '../joined-servers.ts';

/** Of the servers that were in the room when this one last knew it. */
const maxKnownServers = 10;

/**
 * Servers through which a user may get into a room or out of it, those that are likeliest to help first: those that
 * the client names, the inviter's, those that are in the room as far as is known, and the one that the room's id names.
 */
export async function chooseServers(
  context: Context,
  roomId: string,
  userId: string,
  via: readonly string[],
): Promise<string[]> {
  const room = await findRoom(context, roomId);
  const member = room && (await readStateEvent(context, room, 'm.room.member', userId));
  const inviter =
    member?.pdu.content['membership'] === 'invite' ? parseUserId(member.pdu.sender)?.serverName : undefined;
  const resident = member?.unsigned.resident_server;
  const known = room ? [...(await joinedServersOf(context, roomId))].slice(0, maxKnownServers) : [];
  const named = parseRoomId(roomId)?.serverName;
  const servers = new Set([...via, ...[inviter, resident].flatMap((server) => server ?? []), ...known]);
  if (named !== undefined) servers.add(named);
  servers.delete(context.serverName);
  return [...servers].filter((server) => isServerName(server) && isServerAllowed(context, server));
}
