import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { redactedEventIdOf } from '@holdfast/protocol/events/client-event.ts';
import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import { redactEvent as redactPdu } from '@holdfast/protocol/events/redact-event.ts';
import { isStorableText, maximumIdentifierBytes } from '@holdfast/protocol/identifiers/identifier-text.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import { readEventsAt, readRowsOfEvent } from '../storage/rooms/read-events.ts';
import { readEarlyRedactions } from '../storage/rooms/read-room-loose-ends.ts';
import { encodeStoredPdu } from '../storage/rooms/stored-text.ts';
import { forgetEarlyRedactions, insertEarlyRedaction } from '../storage/rooms/write-early-redactions.ts';
import { rewriteEvent } from '../storage/rooms/write-events.ts';
import type { AcceptedEvent } from './draft-room.ts';
import type { ParsedEvent } from './received-event.ts';
import { forgetContent, hasPowerToRedact, mayRedact, redactedRows } from './redacted-rows.ts';
import type { RoomReceiver } from './room-receiver.ts';

/** How an event is stored, as far as redactions have to do with it. */
export interface RedactionEffect {
  readonly event: AcceptedEvent & ParsedEvent;
  /** Rows of the same transaction, given the event's position. */
  writes(position: number): readonly Write[];
  /** Brings the room's memory up to date; call it when the event is added. */
  apply(): void;
}

/** Works out what an accepted event redacts, and what redacted it before it came. */
export async function findRedactionEffect(
  receiver: RoomReceiver,
  event: ParsedEvent,
  stateBefore: AuthState,
): Promise<RedactionEffect> {
  if (receiver.room.earlyRedactions.has(event.eventId)) return await redactOnArrival(receiver, event);
  if (event.pdu.type === 'm.room.redaction') return await findTarget(receiver, event, stateBefore);
  return { event, writes: () => [], apply() {} };
}

async function findTarget(
  { shard, room }: RoomReceiver,
  event: ParsedEvent,
  stateBefore: AuthState,
): Promise<RedactionEffect> {
  const redacts = redactedEventIdOf(event.pdu, room.rules);
  if (redacts === undefined) return { event, writes: () => [], apply() {} };
  // No event has such an id, and no index takes it.
  if (redacts.length > maximumIdentifierBytes || !isStorableText(redacts)) {
    return { event: { ...event, redactsNothing: true }, writes: () => [], apply() {} };
  }
  if (room.pending.size > 0) await shard.settled();
  const rows = await readRowsOfEvent(shard.context, redacts);
  const target = rows.at(-1);
  const hasPower = hasPowerToRedact(room.rules, stateBefore, event.pdu.sender);
  if (!target) {
    return {
      event: { ...event, redactsNothing: true },
      writes: (position) => [insertEarlyRedaction(room.name.id, redacts, position, hasPower)],
      apply: () => room.earlyRedactions.add(redacts),
    };
  }
  if (target.roomId !== room.roomId || !mayRedact(room.rules, event.pdu, target.pdu, hasPower)) {
    return { event: { ...event, redactsNothing: true }, writes: () => [], apply() {} };
  }
  return {
    event,
    writes: () => rows.flatMap((row) => redactedRows(row, event.eventId)),
    apply: () => forgetContent(room, target),
  };
}

/** The first redaction that may takes the content away, and is from now on shown as one that did. */
async function redactOnArrival({ shard, room }: RoomReceiver, event: ParsedEvent): Promise<RedactionEffect> {
  if (room.pending.size > 0) await shard.settled();
  const early = await readEarlyRedactions(shard.context, room.name, event.eventId);
  const redactions = await readEventsAt(
    shard.context,
    shard.id,
    early.map(({ position }) => position),
  );
  const forget = [forgetEarlyRedactions(room.name.id, event.eventId)];
  const apply = () => room.earlyRedactions.delete(event.eventId);
  for (const { position, hasPower } of early) {
    const redaction = redactions.get(position);
    if (!redaction || !mayRedact(room.rules, redaction.pdu, event.pdu, hasPower)) continue;
    const pdu = redactPdu(event.pdu, room.rules);
    const { redacts_nothing: _, ...unsigned } = redaction.unsigned;
    const shown = rewriteEvent(shard.id, position, 0, encodeStoredPdu(redaction.pdu, room.rules, unsigned));
    return {
      event: { ...event, pdu, pduJson: encodePdu(pdu, room.rules), redactedBecause: redaction.eventId },
      writes: () => [...forget, shown],
      apply,
    };
  }
  return { event, writes: () => forget, apply };
}
