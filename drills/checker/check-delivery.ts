import type { History, Observation, TransactionFate, Violation } from './history.ts';

/**
 * Every acknowledged event is seen exactly once, under the id that was acknowledged, by every reader that read its room
 * in full; one of unknown outcome at most once; a refused one never; and nothing is seen that nobody sent.
 */
export function checkDelivery(history: History, fates: ReadonlyMap<string, TransactionFate>): Violation[] {
  const fateByBody = new Map([...fates.values()].map((fate) => [fate.body, fate]));
  return [...checkRoomsRead(history, fates), ...history.observations.flatMap((seen) => checkSeen(seen, fateByBody))];
}

/** A room without a full reader would pass every other check by not being looked at. */
function checkRoomsRead(history: History, fates: ReadonlyMap<string, TransactionFate>): Violation[] {
  const read = new Set(history.observations.filter(({ complete }) => complete).map(({ roomId }) => roomId));
  const written = new Set([...fates.values()].map(({ roomId }) => roomId));
  return [...written]
    .filter((roomId) => !read.has(roomId))
    .map((roomId) => ({ kind: 'room that no reader read in full', detail: roomId }));
}

function checkSeen(observation: Observation, fateByBody: ReadonlyMap<string, TransactionFate>): Violation[] {
  const { reader, roomId, complete, events } = observation;
  const violations: Violation[] = [];
  const seenBodies = new Set<string>();
  for (const { eventId, body } of events) {
    const where = `${reader}: ${eventId} (${body})`;
    const fate = fateByBody.get(body);
    if (seenBodies.has(body)) violations.push({ kind: 'event seen twice', detail: where });
    seenBodies.add(body);
    if (!fate || fate.roomId !== roomId) violations.push({ kind: 'event that nobody sent', detail: where });
    else if (fate.fate === 'refused') violations.push({ kind: 'refused event present', detail: where });
    else if (fate.fate === 'acknowledged' && !fate.eventIds.has(eventId)) {
      const detail = `${where}, acknowledged as ${[...fate.eventIds].join(', ')}`;
      violations.push({ kind: 'acknowledged under another event id', detail });
    }
  }
  if (!complete) return violations;
  for (const { fate, body, roomId: sentTo, eventIds } of fateByBody.values()) {
    if (fate !== 'acknowledged' || sentTo !== roomId || seenBodies.has(body)) continue;
    const detail = `${reader} does not see ${[...eventIds].join(', ')} (${body})`;
    violations.push({ kind: 'acknowledged event lost', detail });
  }
  return violations;
}
