import { relationOf } from '@holdfast/protocol/events/relation.ts';
import type { Context } from '../../platform/context.ts';
import { findNames } from '../../storage/names/intern-names.ts';
import { eventFlags, type StoredEvent } from '../../storage/rooms/event-row.ts';
import { readEventsAt } from '../../storage/rooms/read-events.ts';
import {
  readEdits,
  readReferences,
  readRelationKinds,
  readThreadTallies,
  type ThreadTally,
} from '../../storage/rooms/read-relations.ts';
import { type TimelineEvent, timelineEventsOf } from '../../storage/sync/timeline-event.ts';
import { clientEventText, type EventViewer } from '../client-event-text.ts';
import { withoutErased } from '../erased-users.ts';
import { mayRead, type RoomReader } from '../room-reader.ts';

/** Who reads, and what of the room. */
interface Reading {
  readonly context: Context;
  readonly reader: RoomReader;
  readonly viewer: EventViewer;
}

/**
 * Events of a room as one user is shown them: without what erased users said, and with what relates to them, as far as
 * the user may read it. One query more where nothing relates to any of them, up to five more otherwise.
 * https://spec.matrix.org/v1.19/client-server-api/#aggregations-of-child-events
 */
export async function showEvents(
  context: Context,
  reader: RoomReader,
  viewer: EventViewer,
  events: readonly StoredEvent[],
): Promise<TimelineEvent[]> {
  const reading = { context, reader, viewer };
  const [shown, relations] = await Promise.all([showAlone(reading, events), bundleRelations(reading, events)]);
  return shown.map((event) => withRelations(event, relations.get(event.position)));
}

async function showAlone({ context, reader }: Reading, events: readonly StoredEvent[]): Promise<TimelineEvent[]> {
  const stored = await timelineEventsOf(context, events, true);
  return [...withoutErased(context, reader.room.roomId, stored, reader.membershipAt)];
}

/** `relations`: members of a JSON object. */
function withRelations(event: TimelineEvent, relations: readonly string[] | undefined): TimelineEvent {
  return relations && relations.length > 0 ? { ...event, relations: `{${relations.join(',')}}` } : event;
}

/** By position, the members of `m.relations`. */
async function bundleRelations(
  reading: Reading,
  events: readonly StoredEvent[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const { context, reader } = reading;
  const bundles = new Map<number, string[]>();
  if (events.length === 0) return bundles;
  const kinds = await readRelationKinds(
    context,
    reader.room,
    events.map(({ position }) => position),
  );
  if (kinds.length === 0) return bundles;
  const of = (has: 'hasEdits' | 'hasThread' | 'hasReferences') => {
    const positions = new Set(kinds.flatMap((kind) => (kind[has] ? kind.position : [])));
    return events.filter(({ position }) => positions.has(position));
  };
  const parts = await Promise.all([
    bundleEdits(reading, of('hasEdits')),
    bundleThreads(reading, of('hasThread')),
    bundleReferences(reading, of('hasReferences')),
  ]);
  for (const part of parts) {
    for (const [position, text] of part) bundles.set(position, [...(bundles.get(position) ?? []), text]);
  }
  return bundles;
}

/** https://spec.matrix.org/v1.19/client-server-api/#server-side-aggregation-of-mreplace-relationships */
async function bundleEdits(reading: Reading, events: readonly StoredEvent[]): Promise<Map<number, string>> {
  const { context, reader, viewer } = reading;
  // Nothing shows again what was redacted, and of edits there are no edits.
  const edited = events.filter(
    ({ pdu, flags }) =>
      (flags & eventFlags.redacted) === 0 && pdu.state_key === undefined && relationOf(pdu)?.relType !== 'm.replace',
  );
  const edits = await readEdits(
    context,
    reader.room,
    edited.map(({ position }) => position),
  );
  const newest = new Map<number, StoredEvent>();
  for (const { position, eventId } of edited) {
    const readable = (edits.get(position) ?? []).filter(
      (edit) => relationOf(edit.pdu)?.eventId === eventId && mayRead(reader, edit.position),
    );
    const [first] = readable.sort(compareEdits);
    if (first) newest.set(position, first);
  }
  const shown = await showAlone(reading, [...newest.values()]);
  const texts = shown.map((edit) => clientEventText(edit, viewer, reader.room.roomId, reader.membershipAt));
  return new Map([...newest.keys()].map((position, index) => [position, `"m.replace":${texts[index]}`]));
}

/** The newest first; of those sent at the same moment, the one whose id is the largest. */
function compareEdits(one: StoredEvent, other: StoredEvent): number {
  return (
    other.pdu.origin_server_ts - one.pdu.origin_server_ts ||
    (one.eventId < other.eventId ? 1 : one.eventId > other.eventId ? -1 : 0)
  );
}

/** https://spec.matrix.org/v1.19/client-server-api/#server-side-aggregation-of-mthread-relationships */
async function bundleThreads(reading: Reading, roots: readonly StoredEvent[]): Promise<Map<number, string>> {
  const { context, reader, viewer } = reading;
  const { room } = reader;
  if (roots.length === 0) return new Map();
  const user = (await findNames(context, [reader.userId])).get(reader.userId) ?? 0;
  const tallies = await readThreadTallies(
    context,
    room,
    roots.map(({ position }) => position),
    user,
  );
  const readable = tallies.filter(({ latest }) => mayRead(reader, latest));
  const latest = await readEventsAt(
    context,
    room.shard,
    readable.map((tally) => tally.latest),
  );
  const stored = readable.flatMap((tally) => latest.get(tally.latest) ?? []);
  const [shown, edits] = await Promise.all([showAlone(reading, stored), bundleEdits(reading, stored)]);
  const texts = new Map(
    shown.map((event) => {
      const edit = edits.get(event.position);
      const whole = withRelations(event, edit === undefined ? undefined : [edit]);
      return [event.position, clientEventText(whole, viewer, room.roomId, reader.membershipAt)];
    }),
  );
  return new Map(readable.map((tally) => [tally.position, threadText(tally, texts.get(tally.latest) ?? '{}')]));
}

function threadText({ count, participated }: ThreadTally, latestEvent: string): string {
  return `"m.thread":{"latest_event":${latestEvent},"count":${count},"current_user_participated":${participated}}`;
}

/** https://spec.matrix.org/v1.19/client-server-api/#server-side-aggregation-of-mreference-relationships */
async function bundleReferences(
  { context, reader }: Reading,
  events: readonly StoredEvent[],
): Promise<Map<number, string>> {
  const references = await readReferences(
    context,
    reader.room,
    events.map(({ position }) => position),
  );
  const readable = references.filter(({ position }) => mayRead(reader, position));
  const byParent = Map.groupBy(readable, ({ parent }) => parent);
  return new Map(
    [...byParent].map(([parent, found]) => {
      const chunk = found.map(({ eventId }) => ({ event_id: eventId }));
      return [parent, `"m.reference":${JSON.stringify({ chunk })}`];
    }),
  );
}
