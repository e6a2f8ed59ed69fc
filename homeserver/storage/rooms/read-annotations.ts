import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, eventFlags, hiddenFlags, type StoredEvent, storedEventOf } from './event-row.ts';
import { eventIdHash, textHash } from './text-hash.ts';

export interface AnnotationSearch {
  readonly eventId: string;
  readonly key: string;
  /** Numbers of names. */
  readonly sender: number;
  readonly type: number;
}

/** Events that may be a user's annotation of an event with this key; redacted ones are none any more. */
export async function readAnnotations(
  context: Context,
  room: RoomName,
  { eventId, key, sender, type }: AnnotationSearch,
): Promise<StoredEvent[]> {
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM relation r JOIN event e ON e.shard = $1 AND e.position = r.position
     WHERE r.room = $2 AND r.parent_hash = $3 AND r.rel_type = 'm.annotation' AND r.key_hash = $4
       AND r.sender = $5 AND r.type = $6 AND e.flags & ${hiddenFlags | eventFlags.redacted} = 0
     ORDER BY r.position LIMIT 10`,
    [room.shard, room.id, eventIdHash(eventId), textHash(key), sender, type],
    { prepare: true },
  );
  return rows.map((row) => storedEventOf(row, room));
}
