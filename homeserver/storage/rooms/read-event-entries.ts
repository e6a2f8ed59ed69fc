import { redactedEventIdOf } from '@holdfast/protocol/events/client-event.ts';
import type { Context } from '../../platform/context.ts';
import type { LogEntry } from '../../platform/shard-log/log-entry.ts';
import { clientJsonOf } from './client-json.ts';
import { type EventRow, eventColumns, eventFlags, type StoredEvent } from './event-row.ts';
import { readEventsById, storedEvents } from './read-events.ts';

/** Events as entries of a shard's log, positions in (after, upTo], in order. */
export async function readEventEntries(
  context: Context,
  shard: number,
  after: number,
  upTo: number,
): Promise<LogEntry[]> {
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e
     WHERE e.shard = $1 AND e.position > $2 AND e.position <= $3 ORDER BY e.position`,
    [shard, after, upTo],
    { prepare: true },
  );
  const events = await storedEvents(context, rows);
  const replaced = events.flatMap((event) => event.unsigned.replaces_state ?? []);
  const earlier = await readEventsById(context, replaced);
  const roots = await readThreadRoots(context, shard, events);
  return events.map((event) => ({
    shard,
    position: event.position,
    kind: 'event',
    body: eventEntryBody(event, earlier.get(event.unsigned.replaces_state ?? ''), roots.get(event.thread ?? 0)),
  }));
}

function eventEntryBody(event: StoredEvent, replaced: StoredEvent | undefined, threadRoot: string | undefined) {
  const { pdu } = event;
  const redacts = pdu.type === 'm.room.redaction' ? redactedEventIdOf(pdu, event.rules) : undefined;
  return {
    roomId: event.roomId,
    eventId: event.eventId,
    type: pdu.type,
    sender: pdu.sender,
    ...(pdu.state_key !== undefined && { stateKey: pdu.state_key }),
    originServerTs: pdu.origin_server_ts,
    content: pdu.content,
    clientJson: clientJsonOf(event.rules, event.eventId, pdu),
    ...(redacts !== undefined && { redacts }),
    ...(threadRoot !== undefined && { threadRoot }),
    notifyOrdinal: event.notifyOrdinal,
    notifies: (event.flags & eventFlags.notifies) !== 0,
    ...(event.transaction && { transaction: event.transaction }),
    ...(replaced && {
      replaced: { eventId: replaced.eventId, sender: replaced.pdu.sender, content: replaced.pdu.content },
    }),
  };
}

async function readThreadRoots(
  context: Context,
  shard: number,
  events: readonly StoredEvent[],
): Promise<Map<number, string>> {
  const positions = [...new Set(events.flatMap((event) => event.thread ?? []))];
  if (positions.length === 0) return new Map();
  const rows = await context.database<{ position: number; eventId: string }[]>`
    SELECT position, event_id AS "eventId" FROM event WHERE shard = ${shard} AND position = ANY(${positions}::bigint[])`;
  return new Map(rows.map((row) => [row.position, row.eventId]));
}
