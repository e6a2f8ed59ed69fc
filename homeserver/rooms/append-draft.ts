import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import type { DraftRoom } from './draft-room.ts';
import { draftEntries, draftWrites, type EventOrigin } from './draft-writes.ts';
import { hotRooms } from './hot-rooms.ts';

/**
 * Appends what a draft has and changes the room's memory at once: what comes next builds on it before it is committed.
 * Resolves with the commit.
 */
export function appendDraft(
  shard: OwnedShard,
  draft: DraftRoom,
  options: {
    readonly origin?: EventOrigin;
    readonly alsoWrite?: readonly Write[];
    /** Ids of further events among the rows. */
    readonly alsoPending?: readonly string[];
  } = {},
): Promise<void> {
  const { room } = draft;
  const committed = shard.append(draft.events.length, (first) => {
    if (first !== draft.firstPosition) throw new Error('a draft was made before other events got its positions');
    return {
      entries: draftEntries(draft, options.origin),
      writes: [...draftWrites(shard, draft, options.origin), ...(options.alsoWrite ?? [])],
    };
  });
  draft.applyToRoom();
  shard.remember(hotRooms).add(room);
  room.uncommitted++;
  const eventIds = [...draft.events.map(({ event }) => event.eventId), ...(options.alsoPending ?? [])];
  for (const eventId of eventIds) room.pending.add(eventId);
  committed.then(
    () => {
      room.uncommitted--;
      for (const eventId of eventIds) room.pending.delete(eventId);
    },
    () => {},
  );
  return committed;
}
