import type { Context } from '../platform/context.ts';
import type { EventEntryBody, LogEntry } from '../platform/shard-log/log-entry.ts';
import { serverOfUser, serversToTell } from '../rooms/joined-servers.ts';
import { partialRoomsOf } from '../rooms/remote/partial-rooms.ts';
import { readServersOfPartialRoom } from '../storage/rooms/read-partial-rooms.ts';

/**
 * The servers that an event of the log is to be sent to; undefined for events that are another server's to send. This
 * server may be among them.
 * https://spec.matrix.org/v1.19/server-server-api/#pdus
 */
export async function serversOfEntry(context: Context, entry: LogEntry): Promise<ReadonlySet<string> | undefined> {
  if (entry.kind !== 'event' || !isOursToSend(context, entry.body)) return undefined;
  const { body, position } = entry;
  const servers = await serversInRoom(context, body.roomId, position);
  const target = serverToldOfEnd(body);
  // A server that had its user's event relayed has it.
  const origin = body.isRelayed ? serverOfUser(body.sender) : undefined;
  if ((target === undefined || servers.has(target)) && origin === undefined) return servers;
  const told = new Set(target === undefined ? servers : [...servers, target]);
  if (origin !== undefined) told.delete(origin);
  return told;
}

/** Where most members are not known yet, the servers are: those that the join's reply named. */
async function serversInRoom(context: Context, roomId: string, position: number): Promise<ReadonlySet<string>> {
  const known = await serversToTell(context, roomId, position);
  if (!partialRoomsOf(context).isPartial(roomId)) return known;
  return new Set([...known, ...(await readServersOfPartialRoom(context, roomId))]);
}

function isOursToSend(context: Context, { sender, isRelayed, isSentElsewhere }: EventEntryBody): boolean {
  if (isSentElsewhere) return false;
  return isRelayed === true || serverOfUser(sender) === context.serverName;
}

/** Who is kicked, banned, or not invited any more has to hear of it, also when nobody of the server is in the room. */
function serverToldOfEnd({ type, stateKey, content }: EventEntryBody): string | undefined {
  if (type !== 'm.room.member' || stateKey === undefined) return undefined;
  const { membership } = content;
  return membership === 'leave' || membership === 'ban' ? serverOfUser(stateKey) : undefined;
}
