import type { ParsedEvent } from '../received-event.ts';

/**
 * The parts of which a stretch of history consists, where it leads down from several places and what connects them is
 * here already or missing: the state before the oldest event says nothing of the other parts. The newest part first.
 */
export function splitStretch(events: readonly ParsedEvent[]): ParsedEvent[][] {
  const partOf = new Map(events.map((event) => [event.eventId, [event]]));
  for (const event of events) {
    for (const prevEventId of event.prevEventIds) {
      const [own, other] = [partOf.get(event.eventId), partOf.get(prevEventId)];
      if (!own || !other || own === other) continue;
      const [larger, smaller] = own.length < other.length ? [other, own] : [own, other];
      larger.push(...smaller);
      for (const { eventId } of smaller) partOf.set(eventId, larger);
    }
  }
  const highest = (part: readonly ParsedEvent[]) => Math.max(...part.map(({ pdu }) => pdu.depth));
  return [...new Set(partOf.values())].toSorted((one, other) => highest(other) - highest(one));
}
