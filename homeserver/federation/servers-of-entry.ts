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
  const servers = await serversToTell(context, entry.body.roomId, entry.position);
  const target = serverToldOfEnd(entry.body);
  return target === undefined || servers.has(target) ? servers : new Set([...servers, target]);
}

function isOursToSend(context: Context, { sender }: EventEntryBody): boolean {
  return serverOfUser(sender) === context.serverName;
}

/** Who is kicked, banned, or not invited any more has to hear of it, also when nobody of the server is in the room. */
function serverToldOfEnd({ type, stateKey, content }: EventEntryBody): string | undefined {
  if (type !== 'm.room.member' || stateKey === undefined) return undefined;
  const { membership } = content;
  return membership === 'leave' || membership === 'ban' ? serverOfUser(stateKey) : undefined;
}
