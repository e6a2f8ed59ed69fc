import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { readEventsAt } from '../storage/rooms/read-events.ts';
import type { HotRoom } from './hot-room.ts';
import type { StateRef } from './state-overrides.ts';

/** Of one query. */
const eventsPerRead = 2_000;

/** State events by id, from memory as far as they are there. */
export async function loadStateEvents(
  shard: OwnedShard,
  room: HotRoom,
  refs: Iterable<StateRef>,
): Promise<Map<string, IdentifiedPdu>> {
  const events = new Map<string, IdentifiedPdu>();
  const missing: number[] = [];
  for (const { eventId, position } of refs) {
    const kept = room.stateEvents.get(eventId);
    if (kept) events.set(eventId, kept);
    else missing.push(position);
  }
  if (missing.length > 0 && room.pending.size > 0) await shard.settled();
  for (let first = 0; first < missing.length; first += eventsPerRead) {
    const read = await readEventsAt(shard.context, shard.id, missing.slice(first, first + eventsPerRead));
    for (const { eventId, roomId, pdu } of read.values()) {
      const event: IdentifiedPdu = { eventId, roomId, pdu };
      events.set(eventId, event);
      room.stateEvents.set(eventId, event);
    }
  }
  return events;
}
