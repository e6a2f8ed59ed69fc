import type { Observation, Violation } from './history.ts';

/**
 * All readers of a room see the same events in the same order: those who read it in full the very same list, those who
 * followed it a part of that list, in its order.
 */
export function checkOrder(observations: readonly Observation[]): Violation[] {
  const byRoom = Map.groupBy(observations, ({ roomId }) => roomId);
  return [...byRoom.values()].flatMap((ofRoom) => {
    const reference = ofRoom.find(({ complete }) => complete);
    return reference ? ofRoom.flatMap((other) => (other === reference ? [] : compareOrder(reference, other))) : [];
  });
}

function compareOrder(reference: Observation, other: Observation): Violation[] {
  const places = new Map(reference.events.map(({ eventId }, place) => [eventId, place]));
  const strangers = other.events.filter(({ eventId }) => !places.has(eventId));
  const seen = new Set(other.events.map(({ eventId }) => eventId));
  const missing = other.complete ? reference.events.filter(({ eventId }) => !seen.has(eventId)) : [];
  const violations: Violation[] = [
    ...strangers.map(({ eventId }) => differs(`${other.reader} sees ${eventId}, ${reference.reader} does not`)),
    ...missing.map(({ eventId }) => differs(`${reference.reader} sees ${eventId}, ${other.reader} does not`)),
  ];
  let last = -1;
  for (const { eventId } of other.events) {
    const place = places.get(eventId);
    if (place === undefined) continue;
    if (place < last) {
      const before = reference.events[last]?.eventId;
      const detail = `${other.reader} sees ${before} before ${eventId}, ${reference.reader} after it`;
      violations.push({ kind: 'readers see different orders', detail });
    }
    last = place;
  }
  return violations;
}

function differs(detail: string): Violation {
  return { kind: 'readers see different events', detail };
}
