import { type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { readKnownEvents } from '../storage/federation/read-waiting-events.ts';

interface SentEvent {
  readonly eventId: string;
  readonly pduJson: string;
}

/**
 * Of events that a server told in answer to what comes before `latest`, those that are needed: the ones that lie between
 * `latest` and what has its place here. Others go on below that, to a time before this server was in the room, which is
 * history's to fill. One query.
 */
export async function selectNeeded<Event extends SentEvent>(
  context: Context,
  latest: readonly SentEvent[],
  told: readonly Event[],
): Promise<Event[]> {
  const events = new Map(told.map((event) => [event.eventId, { event, ...referencesOf(event) }]));
  const starts = latest.map(referencesOf);
  const all = [...starts, ...events.values()].flatMap(({ prev, auth }) => [...prev, ...auth]);
  const known = await readKnownEvents(context, all);
  const needed = new Set<Event>();
  const waiting = [...starts];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const missing = [
      ...next.prev.filter((eventId) => known.get(eventId) !== 'placed'),
      ...next.auth.filter((eventId) => !known.has(eventId)),
    ];
    for (const eventId of missing) {
      const found = events.get(eventId);
      if (!found || needed.has(found.event)) continue;
      needed.add(found.event);
      waiting.push(found);
    }
  }
  return told.filter((event) => needed.has(event));
}

function referencesOf({ pduJson }: SentEvent): { prev: string[]; auth: string[] } {
  const pdu = JSON.parse(pduJson) as Pdu;
  return { prev: pdu.prev_events.map(referencedEventId), auth: pdu.auth_events.map(referencedEventId) };
}
