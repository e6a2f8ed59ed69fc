import { BoundedCache } from '../platform/bounded-cache.ts';
import { stateChangesOf } from '../platform/shard-log/log-entry.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import type { EventLogEntry } from './connected-users.ts';

const keptMembers = 20_000;

interface KnownMember {
  readonly event: TimelineEvent;
  /** Position from which on it was current, or a later one. */
  readonly since: number;
}

/** Current m.room.member events that lazily loading clients were told of lately. */
export class KnownMembers {
  #members = new BoundedCache<string, KnownMember>(keptMembers);

  get(roomId: string, userId: string): KnownMember | undefined {
    return this.#members.get(keyOf(roomId, userId));
  }

  /** Takes what was read; the caller makes sure that no newer event has been seen. */
  set(roomId: string, userId: string, event: TimelineEvent, since: number): void {
    this.#members.set(keyOf(roomId, userId), { event, since });
  }

  /** Follows the log. */
  apply(entry: EventLogEntry): void {
    const { shard, position } = entry;
    const { roomId } = entry.body;
    for (const { type, stateKey, event } of stateChangesOf(entry)) {
      if (type !== 'm.room.member' || !this.get(roomId, stateKey)) continue;
      if (event) this.set(roomId, stateKey, { shard, ...event }, position);
      else this.#members.delete(keyOf(roomId, stateKey));
    }
  }

  clear(): void {
    this.#members = new BoundedCache(keptMembers);
  }
}

function keyOf(roomId: string, userId: string): string {
  return `${roomId} ${userId}`;
}
