import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { readEventById } from '../storage/rooms/read-events.ts';

/** As far as the specification recommends to follow relations. */
const maxHops = 3;

/**
 * The thread that an event is in, as the position of its root, directly or by what it is related to, such as a reaction
 * to a message in a thread; null for the main timeline.
 * https://spec.matrix.org/v1.19/client-server-api/#threaded-read-receipts
 */
export async function readThreadOf(context: Context, room: RoomName, event: StoredEvent): Promise<number | null> {
  let related: StoredEvent | undefined = event;
  for (let hop = 0; related && hop <= maxHops; hop++) {
    if (related.roomNumber !== room.id) return null;
    if (related.thread !== null) return related.thread;
    const parent: string | undefined = relatedEventId(related.pdu.content);
    related = parent === undefined ? undefined : await readEventById(context, parent);
  }
  return null;
}

function relatedEventId(content: JsonObject): string | undefined {
  const relation = content['m.relates_to'];
  if (typeof relation !== 'object' || relation === null || Array.isArray(relation)) return undefined;
  const { rel_type: type, event_id: eventId } = relation;
  return typeof type === 'string' && typeof eventId === 'string' ? eventId : undefined;
}
