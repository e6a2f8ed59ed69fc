import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { relationOf } from '@holdfast/protocol/events/relation.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { cachedNameId } from '../storage/names/intern-names.ts';
import { readAnnotations } from '../storage/rooms/read-annotations.ts';
import type { EventIntent } from './event-intent.ts';
import type { HotRoom } from './hot-room.ts';

/**
 * Refuses an annotation that its sender has made before: the same type of event with the same key on the same event.
 * Returns what names it, to be kept while it is not committed; undefined for all other events. Costs a query for an
 * annotation. Throws M_DUPLICATE_ANNOTATION.
 * https://spec.matrix.org/v1.19/client-server-api/#avoiding-duplicate-annotations
 */
export async function refuseDuplicateAnnotation(
  shard: OwnedShard,
  room: HotRoom,
  { type, sender, stateKey, content }: EventIntent,
): Promise<string | undefined> {
  const relation = stateKey === undefined ? relationOf({ content }) : undefined;
  if (relation?.relType !== 'm.annotation' || relation.key === undefined) return undefined;
  const { eventId, key } = relation;
  const name = JSON.stringify([sender, type, eventId, key]);
  if (room.pendingAnnotations.has(name)) {
    // Nobody is told of the other one before it is durable.
    await shard.settled();
    throw duplicate();
  }
  const { context } = shard;
  const [senderId, typeId] = [cachedNameId(context, sender), cachedNameId(context, type)];
  if (senderId === undefined || typeId === undefined) return name;
  const earlier = await readAnnotations(context, room.name, { eventId, key, sender: senderId, type: typeId });
  const isMade = earlier.some(({ pdu }) => {
    const made = relationOf(pdu);
    return made?.eventId === eventId && made.key === key;
  });
  if (isMade) throw duplicate();
  return name;
}

function duplicate(): MatrixError {
  return new MatrixError('M_DUPLICATE_ANNOTATION', 'You have reacted to this event with the same key before');
}

/** Keeps an annotation's name until everybody can read it. */
export function keepWhilePending(room: HotRoom, name: string, committed: Promise<void>): void {
  room.pendingAnnotations.add(name);
  // The room's memory is dropped as a whole when a commit fails.
  committed.then(
    () => room.pendingAnnotations.delete(name),
    () => {},
  );
}
