import type { Context } from '@holdfast/homeserver/platform/context.ts';
import { findRoom } from '@holdfast/homeserver/storage/names/room-names.ts';
import { unpackEvent } from '@holdfast/homeserver/storage/rooms/pack-event.ts';
import type { LogRecord } from '@holdfast/homeserver/testing/collect-log.ts';
import { type EventReference, type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { SimulatedServers } from './simulated-servers.ts';

const shortId = 8;

/** What each server's database and log say of a room in which servers disagree: text for the person who looks into it. */
export async function describeDivergence({ servers, log }: SimulatedServers, roomId: string): Promise<string> {
  const parts: string[] = [];
  for (const server of servers) parts.push(`## ${server.name}`, ...(await describeServer(server.context(), roomId)));
  parts.push('## log', ...log.records.map(describeRecord));
  return parts.join('\n');
}

async function describeServer(context: Context, roomId: string): Promise<string[]> {
  const { database } = context;
  const room = await findRoom(context, roomId);
  if (!room) return ['does not know the room'];
  const events = await database<{ position: number; flags: number; eventId: string; body: Uint8Array }[]>`
    SELECT position, flags, event_id AS "eventId", body FROM event
    WHERE shard = ${room.shard} AND room = ${room.id} ORDER BY position`;
  const rowsOf = async (table: string) =>
    (await database`SELECT * FROM ${database(table)} WHERE room = ${room.id}`).map(
      (row) => `${table} ${JSON.stringify(row)}`,
    );
  return [
    ...events.map(
      ({ position, flags, eventId, body }) => `${position} ${flags} ${eventId} ${digestOf(unpackEvent(body))}`,
    ),
    ...(await rowsOf('forward_extremity')),
    ...(await rowsOf('backward_extremity')),
    ...(await rowsOf('timeline_gap')),
    ...(await database`SELECT event_id, origin, depth FROM received_pdu WHERE room = ${room.id}`).map(
      (row) => `received_pdu ${JSON.stringify(row)}`,
    ),
    ...(await database`SELECT * FROM destination`).map((row) => `destination ${JSON.stringify(row)}`),
  ];
}

function digestOf(text: string): string {
  const {
    type,
    sender,
    state_key: stateKey,
    content,
    depth,
    prev_events,
    auth_events,
    unsigned,
  } = JSON.parse(text) as Pdu;
  const idsOf = (references: readonly EventReference[]) =>
    references.map((reference) => referencedEventId(reference).slice(0, shortId)).join(' ');
  const kept = unsigned && JSON.stringify(unsigned);
  const { membership } = content;
  const what = [type, stateKey, typeof membership === 'string' && membership, kept].filter(Boolean).join(' ');
  return `${what} of ${sender} at ${depth}, after [${idsOf(prev_events)}], allowed by [${idsOf(auth_events)}]`;
}

function describeRecord({ level, message, fields }: LogRecord): string {
  const { err, ...others } = fields;
  const reason = err instanceof Error ? ` ${err.stack}` : '';
  return `${level} ${message} ${JSON.stringify(others)}${reason}`;
}
