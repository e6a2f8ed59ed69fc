/** An event as far as its order is concerned. */
export interface AuthorisedEvent {
  readonly eventId: string;
  readonly authEventIds: readonly string[];
}

/**
 * The places of events, each event once, such that an event's auth events come before it where they are among them.
 * Events that authorise each other in a circle come in any order: they are refused elsewhere.
 */
export function orderByAuth(events: readonly AuthorisedEvent[]): number[] {
  const places = new Map(events.map(({ eventId }, place) => [eventId, place]));
  const ordered: number[] = [];
  const seen = new Set<number>();
  // A place to look at, or, below zero, one whose auth events have all been dealt with.
  const stack: number[] = [];
  for (const root of places.values()) {
    stack.push(root);
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (top < 0) ordered.push(~top);
      else if (!seen.has(top)) {
        seen.add(top);
        stack.push(~top);
        for (const authEventId of events[top]?.authEventIds ?? []) {
          const place = places.get(authEventId);
          if (place !== undefined && !seen.has(place)) stack.push(place);
        }
      }
    }
  }
  return ordered;
}
