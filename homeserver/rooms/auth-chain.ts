import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { readAuthClosure, readEventPlaces } from '../storage/rooms/read-auth-chain.ts';
import { readEventsAt } from '../storage/rooms/read-events.ts';

/** A stored event by both of its names. */
export interface EventPlace {
  readonly eventId: string;
  /** Of its row. */
  readonly position: number;
}

/**
 * The auth events of events, and theirs, down to the room's creation; of the events themselves only those that are in
 * the chain of another one. One query; a few more for events from before positions of auth events were kept.
 * https://spec.matrix.org/v1.19/server-server-api/#auth-chain
 */
export async function readAuthChain(
  context: Context,
  room: RoomName,
  starts: readonly EventPlace[],
): Promise<EventPlace[]> {
  const chain = new Map<string, EventPlace>();
  let positions = starts.map(({ position }) => position);
  while (positions.length > 0) {
    const closure = await readAuthClosure(context, room, positions);
    const fresh = closure.filter(({ isStart, eventId }) => !isStart && !chain.has(eventId));
    for (const { eventId, position } of fresh) chain.set(eventId, { eventId, position });
    // Of these the auth events stand in the body only.
    const unread = closure.filter(({ hasAuth }) => !hasAuth).map(({ position }) => position);
    const bodies = [...(await readEventsAt(context, room.shard, unread)).values()];
    const referred = new Set(bodies.flatMap(({ pdu }) => pdu.auth_events.map(referencedEventId)));
    const places = await readEventPlaces(
      context,
      room,
      [...referred].filter((eventId) => !chain.has(eventId)),
    );
    for (const place of places) chain.set(place.eventId, place);
    positions = places.map(({ position }) => position);
  }
  return [...chain.values()];
}
