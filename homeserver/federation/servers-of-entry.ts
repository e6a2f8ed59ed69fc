import type { Context } from '../platform/context.ts';
import type { EventEntryBody, LogEntry } from '../platform/shard-log/log-entry.ts';
import { serverOfUser, serversToTell } from '../rooms/joined-servers.ts';

/**
 * The servers that an event of the log is to be sent to; undefined for events that are another server's to send. This
 * server may be among them.
 * https://spec.matrix.org/v1.19/server-server-api/#pdus
 */
export async function serversOfEntry(context: Context, entry: LogEntry): Promise<ReadonlySet<string> | undefined> {
  if (entry.kind !== 'event' || !isOursToSend(context, entry.body)) return undefined;
  const { body, position } = entry;
  const servers = await serversToTell(context, body.roomId, position);
  const target = serverToldOfEnd(body);
  // A server that had its user's event relayed has it.
  const origin = body.isRelayed ? serverOfUser(body.sender) : undefined;
  if ((target === undefined || servers.has(target)) && origin === undefined) return servers;
  const told = new Set(target === undefined ? servers : [...servers, target]);
  if (origin !== undefined) told.delete(origin);
  return told;
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
