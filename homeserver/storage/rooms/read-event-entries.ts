import { redactedEventIdOf } from '@holdfast/protocol/events/client-event.ts';
import type { Context } from '../../platform/context.ts';
import type { EventEntryBody, LogEntry, StateChange } from '../../platform/shard-log/log-entry.ts';
import { withoutTarget } from './client-json.ts';
import { type EventRow, eventColumns, eventFlags, type StoredEvent } from './event-row.ts';
import { readEventsById, storedEvents } from './read-events.ts';
import { readStateChanges } from './read-state-changes.ts';
import { replacedEventOf, storedEventBody } from './stored-event-body.ts';

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
  const [deleted, kept] = [rows.filter(isDeleted), rows.filter((row) => !isDeleted(row))];
  const events = await storedEvents(context, kept);
  const replaced = events.flatMap((event) => event.unsigned.replaces_state ?? []);
  const earlier = await readEventsById(context, replaced);
  const roots = await readThreadRoots(context, shard, events);
  const notified = await readNotified(context, shard, after, upTo);
  const changes = await readStateChanges(
    context,
    events.filter(({ flags }) => (flags & eventFlags.resolved) !== 0),
  );
  const entries = events.map(
    (event): LogEntry => ({
      shard,
      position: event.position,
      kind: 'event',
      body: eventEntryBody(event, {
        replaced: earlier.get(event.unsigned.replaces_state ?? ''),
        threadRoot: roots.get(event.thread ?? 0),
        notified: notified.get(event.position),
        stateChanges: changes.get(event.position),
      }),
    }),
  );
  if (deleted.length === 0) return entries;
  return [...entries, ...deleted.map(({ position }) => emptyEntry(shard, position))].sort(
    (a, b) => a.position - b.position,
  );
}

/** Of a room that was deleted: the row keeps its place in the log, and that is all. */
function isDeleted({ eventId }: EventRow): boolean {
  return eventId === '';
}

/** Takes a position and tells nobody anything. */
function emptyEntry(shard: number, position: number): LogEntry {
  return { shard, position, kind: 'profile', body: { userId: '' } };
}

interface EventSurroundings {
  readonly replaced: StoredEvent | undefined;
  readonly threadRoot: string | undefined;
  readonly notified: Record<string, number> | undefined;
  readonly stateChanges: readonly StateChange[] | undefined;
}

function eventEntryBody(event: StoredEvent, surroundings: EventSurroundings): EventEntryBody {
  const { replaced, threadRoot, notified, stateChanges } = surroundings;
  const pdu = event.unsigned.redacts_nothing ? withoutTarget(event.pdu) : event.pdu;
  const redacts = pdu.type === 'm.room.redaction' ? redactedEventIdOf(pdu, event.rules) : undefined;
  return {
    ...storedEventBody({ ...event, pdu }),
    ...(redacts !== undefined && { redacts }),
    ...(threadRoot !== undefined && { threadRoot }),
    notifies: (event.flags & eventFlags.notifies) !== 0,
    notifyOrdinal: event.notifyOrdinal,
    ...((event.flags & eventFlags.highlightsAll) !== 0 && { highlightsAll: true }),
    ...(notified && { notifications: notified }),
    ...((event.flags & eventFlags.relayed) !== 0 && { isRelayed: true }),
    ...((event.flags & eventFlags.afterGap) !== 0 && { isAfterGap: true }),
    ...((event.flags & eventFlags.sentElsewhere) !== 0 && { isSentElsewhere: true }),
    ...(event.transaction && { transaction: event.transaction }),
    ...(replaced && { replaced: replacedEventOf(replaced) }),
    ...(stateChanges && { stateChanges }),
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

async function readNotified(
  context: Context,
  shard: number,
  after: number,
  upTo: number,
): Promise<Map<number, Record<string, number>>> {
  const rows = await context.database<{ position: number; userId: string; flags: number }[]>`
    SELECT n.position, m.text AS "userId", n.flags FROM notification n JOIN name m ON m.id = n.member
    WHERE n.shard = ${shard} AND n.position > ${after} AND n.position <= ${upTo}`;
  const byPosition = new Map<number, Record<string, number>>();
  for (const { position, userId, flags } of rows) {
    const users = byPosition.get(position) ?? {};
    users[userId] = flags;
    byPosition.set(position, users);
  }
  return byPosition;
}
