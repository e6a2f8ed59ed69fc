import type { EventEntryBody } from '../platform/shard-log/log-entry.ts';
import { notificationFlags, type Unread, type UnreadCounts } from '../storage/sync/read-unread-counts.ts';

const nothing: Unread = { notifications: 0, highlights: 0 };

/** A member's unread counts of one room, carried on from event to event without a query. */
export class UnreadTally {
  readonly #userId: string;
  /** Push rules that are not the predefined ones: only what an event says of the user counts. */
  readonly #ownRules: boolean;
  /** Events up to this position were counted when it was read. */
  readonly position: number;
  main: Unread;
  /** By the event id of the thread's root; threads without any are absent. */
  readonly threads: Map<string, Unread>;

  constructor(userId: string, ownRules: boolean, position: number, counts: UnreadCounts | undefined) {
    this.#userId = userId;
    this.#ownRules = ownRules;
    this.position = position;
    this.main = counts?.main ?? nothing;
    this.threads = new Map(counts?.threads);
  }

  /** Main timeline and threads together. */
  get total(): Unread {
    let { notifications, highlights } = this.main;
    for (const thread of this.threads.values()) {
      notifications += thread.notifications;
      highlights += thread.highlights;
    }
    return { notifications, highlights };
  }

  /** Counts an event of the room, or, when it is the user's own message, what it marks as read. */
  apply(position: number, body: EventEntryBody): void {
    if (position <= this.position) return;
    if (body.sender === this.#userId) {
      if (body.type !== 'm.room.member') this.#set(body.threadRoot, nothing);
      return;
    }
    const flags = body.notifications?.[this.#userId] ?? this.#flagsOfDefaultMember(body);
    const notifies = (flags & notificationFlags.notifies) !== 0;
    const highlights = (flags & notificationFlags.highlights) !== 0;
    if (!notifies && !highlights) return;
    const before = this.#get(body.threadRoot);
    this.#set(body.threadRoot, {
      notifications: before.notifications + (notifies ? 1 : 0),
      highlights: before.highlights + (highlights ? 1 : 0),
    });
  }

  #flagsOfDefaultMember({ notifies, highlightsAll }: EventEntryBody): number {
    if (this.#ownRules) return 0;
    return (notifies ? notificationFlags.notifies : 0) | (highlightsAll ? notificationFlags.highlights : 0);
  }

  #get(threadRoot: string | undefined): Unread {
    return threadRoot === undefined ? this.main : (this.threads.get(threadRoot) ?? nothing);
  }

  #set(threadRoot: string | undefined, unread: Unread): void {
    if (threadRoot === undefined) this.main = unread;
    else if (unread.notifications === 0 && unread.highlights === 0) this.threads.delete(threadRoot);
    else this.threads.set(threadRoot, unread);
  }
}
