import { BoundedCache } from '../platform/bounded-cache.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import type { EventLogEntry } from './connected-users.ts';

const keptMembers = 20_000;

/** Current m.room.member events that lazily loading clients were told of lately. */
export class KnownMembers {
  #members = new BoundedCache<string, TimelineEvent>(keptMembers);

  get(roomId: string, userId: string): TimelineEvent | undefined {
    return this.#members.get(keyOf(roomId, userId));
  }

  /** Takes what was read; the caller makes sure that no newer event has been seen. */
  set(roomId: string, userId: string, event: TimelineEvent): void {
    this.#members.set(keyOf(roomId, userId), event);
  }

  /** Follows the log. */
  apply(entry: EventLogEntry): void {
    const { type, roomId, stateKey } = entry.body;
    if (type !== 'm.room.member' || stateKey === undefined) return;
    if (this.get(roomId, stateKey)) this.set(roomId, stateKey, entry);
  }

  clear(): void {
    this.#members = new BoundedCache(keptMembers);
  }
}

function keyOf(roomId: string, userId: string): string {
  return `${roomId} ${userId}`;
}
