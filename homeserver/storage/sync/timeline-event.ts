import { clientEventJson, clientEventOf, redactedEventIdOf } from '@holdfast/protocol/events/client-event.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import type { EventEntryBody } from '../../platform/shard-log/log-entry.ts';
import { roomsByNumber } from '../names/room-names.ts';
import { clientJsonOf, withoutTarget } from '../rooms/client-json.ts';
import { type EventRow, eventFlags, type StoredEvent, storedEventOf } from '../rooms/event-row.ts';
import { readEventsById } from '../rooms/read-events.ts';
import { inSlices } from './in-slices.ts';

/** A room event on its way to clients. A log entry of kind "event" is one as it stands. */
export interface TimelineEvent {
  readonly shard: number;
  readonly position: number;
  readonly body: EventEntryBody;
  /** The redaction that took its content away, as JSON for clients. */
  readonly redactedBecause?: string;
  /** What relates to it, bundled: a JSON object. */
  readonly relations?: string;
  /** Read from the tables, which do not say here what it changed: it changed the state otherwise than as its part. */
  readonly isResolved?: boolean;
  /** Known when it was read from the tables: what `event_format: federation` shows. */
  readonly pdu?: Pdu;
  /** Of an invitation or knock that concerns a room on other servers: what they told of the room. */
  readonly strippedState?: readonly JsonObject[];
}

/**
 * Stored events as clients see them, in their order. One query for all that they refer to: redactions, and with
 * `withPrevious` the state events that they replaced.
 */
export async function timelineEventsOf(
  context: Context,
  events: readonly StoredEvent[],
  withPrevious: boolean,
): Promise<TimelineEvent[]> {
  const referred = events.flatMap(({ unsigned }) => [
    ...(unsigned.redacted_because === undefined ? [] : [unsigned.redacted_because]),
    ...(withPrevious && unsigned.replaces_state !== undefined ? [unsigned.replaces_state] : []),
  ]);
  const found = await readEventsById(context, referred);
  const shown: TimelineEvent[] = [];
  await inSlices(context, events, (event) => shown.push(timelineEventOf(event, found)));
  return shown;
}

/** The same for rows of the table. */
export async function timelineEventsOfRows(
  context: Context,
  rows: readonly EventRow[],
  withPrevious: boolean,
): Promise<TimelineEvent[]> {
  const rooms = await roomsByNumber(
    context,
    rows.map((row) => row.room),
  );
  const events: StoredEvent[] = [];
  await inSlices(context, rows, (row) => {
    const room = rooms.get(row.room);
    if (!room) throw new Error(`event ${row.eventId} is of a room that does not exist`);
    events.push(storedEventOf(row, room));
  });
  return await timelineEventsOf(context, events, withPrevious);
}

/** One stored event; what it refers to is taken from `found`. */
function timelineEventOf(event: StoredEvent, found: ReadonlyMap<string, StoredEvent>): TimelineEvent {
  const { unsigned, rules } = event;
  const pdu = unsigned.redacts_nothing ? withoutTarget(event.pdu) : event.pdu;
  const replaced = found.get(unsigned.replaces_state ?? '');
  const redaction = found.get(unsigned.redacted_because ?? '');
  const strippedState = unsigned.invite_room_state ?? unsigned.knock_room_state;
  const redacts = pdu.type === 'm.room.redaction' ? redactedEventIdOf(pdu, rules) : undefined;
  return {
    shard: event.shard,
    position: event.position,
    pdu,
    ...(strippedState && { strippedState }),
    ...((event.flags & eventFlags.resolved) !== 0 && { isResolved: true }),
    body: {
      roomId: event.roomId,
      eventId: event.eventId,
      type: pdu.type,
      sender: pdu.sender,
      ...(pdu.state_key !== undefined && { stateKey: pdu.state_key }),
      originServerTs: pdu.origin_server_ts,
      content: pdu.content,
      clientJson: clientJsonOf(rules, event.eventId, pdu),
      ...(redacts !== undefined && { redacts }),
      notifyOrdinal: event.notifyOrdinal,
      notifies: (event.flags & eventFlags.notifies) !== 0,
      highlightsAll: (event.flags & eventFlags.highlightsAll) !== 0,
      ...((event.flags & eventFlags.afterGap) !== 0 && { isAfterGap: true }),
      ...(event.transaction && { transaction: event.transaction }),
      ...(replaced && {
        replaced: { eventId: replaced.eventId, sender: replaced.pdu.sender, content: replaced.pdu.content },
      }),
    },
    ...(redaction && {
      redactedBecause: clientEventJson(clientEventOf(redaction.pdu, redaction.eventId, redaction.rules)),
    }),
  };
}
