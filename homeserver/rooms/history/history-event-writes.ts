import { redactedEventIdOf } from '@holdfast/protocol/events/client-event.ts';
import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { redactEvent as redactPdu } from '@holdfast/protocol/events/redact-event.ts';
import { relationOf, threadRootOf } from '@holdfast/protocol/events/relation.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { OwnedShard } from '../../platform/shard-log/command.ts';
import { eventFlags, hiddenFlags } from '../../storage/rooms/event-row.ts';
import { readEventsAt, readEventsById, readRowsOfEvent } from '../../storage/rooms/read-events.ts';
import { readEarlyRedactions } from '../../storage/rooms/read-room-loose-ends.ts';
import { forgetEarlyRedactions, insertEarlyRedaction } from '../../storage/rooms/write-early-redactions.ts';
import { insertEvent } from '../../storage/rooms/write-events.ts';
import { insertRelation } from '../../storage/rooms/write-relations.ts';
import { nameId, storedJson } from '../draft-writes.ts';
import type { HotRoom } from '../hot-room.ts';
import type { KnownEvent } from '../known-events.ts';
import type { ParsedEvent } from '../received-event.ts';
import { mayRedact, redactedRows } from '../redacted-rows.ts';
import type { HistoryState } from './history-stretch.ts';
import type { StretchForks } from './stretch-forks.ts';

/** An event of a stretch of history, with what became of it. */
export interface PlacedHistoryEvent {
  readonly event: ParsedEvent;
  readonly position: number;
  readonly isRejected: boolean;
  /** What a state event took the place of. */
  readonly replaced: IdentifiedPdu | undefined;
  /** Of redactions: their sender may redact what others sent. */
  readonly hasPower: boolean;
}

/** A stretch of history with its positions. */
export interface HistoryStretch {
  /** Oldest first. */
  readonly placed: readonly PlacedHistoryEvent[];
  readonly state: HistoryState;
  readonly forks: StretchForks;
  /** One below the lowest position, and the highest. */
  readonly first: number;
  readonly last: number;
}

/** The rows of a stretch's events, with what they redact and what redacted them. A query for each redaction. */
export async function historyEventWrites(
  shard: OwnedShard,
  room: HotRoom,
  { placed }: Pick<HistoryStretch, 'placed'>,
  known: ReadonlyMap<string, KnownEvent>,
): Promise<Write[]> {
  const redactedBy = new Map<string, string>();
  const redactsNothing = new Set<string>();
  const writes: Write[] = [];
  const own = new Map(placed.map((each) => [each.event.eventId, each]));
  for (const redaction of placed) {
    if (redaction.isRejected || redaction.event.pdu.type !== 'm.room.redaction') continue;
    const { event, hasPower, position } = redaction;
    const redacts = redactedEventIdOf(event.pdu, room.rules);
    const target = redacts === undefined ? undefined : own.get(redacts);
    if (redacts === undefined) redactsNothing.add(event.eventId);
    else if (target) {
      if (mayRedact(room.rules, event.pdu, target.event.pdu, hasPower)) redactedBy.set(redacts, event.eventId);
      else redactsNothing.add(event.eventId);
    } else if (known.has(redacts)) {
      const rows = await readRowsOfEvent(shard.context, redacts);
      const isAllowed = rows.some(
        (row) => row.roomId === room.roomId && mayRedact(room.rules, event.pdu, row.pdu, hasPower),
      );
      if (isAllowed) writes.push(...rows.flatMap((row) => redactedRows(row, event.eventId)));
      else redactsNothing.add(event.eventId);
    } else {
      redactsNothing.add(event.eventId);
      writes.push(insertEarlyRedaction(room.name.id, redacts, position, hasPower));
    }
  }
  for (const { event } of placed) {
    if (!room.earlyRedactions.has(event.eventId)) continue;
    writes.push(forgetEarlyRedactions(room.name.id, event.eventId));
    const redaction = await findEarlyRedaction(shard, room, event);
    if (redaction !== undefined) redactedBy.set(event.eventId, redaction);
  }
  const roots = await findThreadRoots(shard, placed, known);
  for (const each of placed) {
    const { eventId } = each.event;
    const origin = { redactedBecause: redactedBy.get(eventId), redactsNothing: redactsNothing.has(eventId) };
    writes.push(...eventWrites(shard, room, each, { ...origin, known, thread: roots.get(eventId) ?? null }));
  }
  return writes;
}

/** The first redaction that came before this event and may take its content. */
async function findEarlyRedaction(shard: OwnedShard, room: HotRoom, event: ParsedEvent): Promise<string | undefined> {
  const early = await readEarlyRedactions(shard.context, room.name, event.eventId);
  const redactions = await readEventsAt(
    shard.context,
    shard.id,
    early.map(({ position }) => position),
  );
  for (const { position, hasPower } of early) {
    const redaction = redactions.get(position);
    if (redaction && mayRedact(room.rules, redaction.pdu, event.pdu, hasPower)) return redaction.eventId;
  }
  return undefined;
}

/** Positions of the roots of the threads that events are part of, by event id. One query. */
async function findThreadRoots(
  shard: OwnedShard,
  placed: readonly PlacedHistoryEvent[],
  known: ReadonlyMap<string, KnownEvent>,
): Promise<Map<string, number>> {
  const rootIds = new Map(
    placed.flatMap(({ event: { eventId, pdu } }) => {
      const rootId = threadRootOf(pdu);
      return rootId === undefined ? [] : [[eventId, rootId]];
    }),
  );
  const stored = await readEventsById(
    shard.context,
    [...rootIds.values()].filter((id) => !known.has(id)),
  );
  const roots = new Map<string, number>();
  for (const [eventId, rootId] of rootIds) {
    const root = stored.get(rootId);
    const isInTimeline = root && root.roomId === placed[0]?.event.roomId && (root.flags & hiddenFlags) === 0;
    const ofStretch = placed.find(({ event }) => event.eventId === rootId)?.position;
    const position = ofStretch ?? (isInTimeline ? root.position : known.get(rootId)?.position);
    if (position !== undefined) roots.set(eventId, position);
  }
  return roots;
}

function eventWrites(
  shard: OwnedShard,
  room: HotRoom,
  { event, position, isRejected, replaced }: PlacedHistoryEvent,
  kept: {
    readonly redactedBecause: string | undefined;
    readonly redactsNothing: boolean;
    readonly known: ReadonlyMap<string, KnownEvent>;
    readonly thread: number | null;
  },
): Write[] {
  const { pdu, eventId, roomId } = event;
  const isState = pdu.state_key !== undefined;
  const { redactedBecause, redactsNothing } = kept;
  const shown = redactedBecause === undefined ? pdu : redactPdu(pdu, room.rules);
  const pduJson = redactedBecause === undefined ? event.pduJson : encodePdu(shown, room.rules);
  const accepted = {
    ...{ eventId, roomId, pdu: shown, pduJson, redactsNothing },
    ...(redactedBecause !== undefined && { redactedBecause }),
  };
  const place = { room: room.name.id, position, sender: nameId(shard, pdu.sender), type: nameId(shard, pdu.type) };
  const relation = isRejected ? undefined : relationOf(shown);
  const row = insertEvent({
    ...place,
    shard: shard.id,
    eventId,
    transactionHash: null,
    transaction: null,
    notifyOrdinal: 0,
    flags:
      (isRejected ? eventFlags.rejected : 0) |
      (redactedBecause === undefined ? 0 : eventFlags.redacted) |
      (isState ? eventFlags.state : 0),
    thread: kept.thread,
    pduJson: storedJson(accepted, replaced?.eventId),
    auth: isState ? event.authEventIds.map((id) => kept.known.get(id)?.position ?? 0) : null,
  });
  return relation ? [row, ...insertRelation(place, relation)] : [row];
}
