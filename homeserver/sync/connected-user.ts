import type { Membership } from '../storage/rooms/membership-codes.ts';
import type { UnreadTally } from './unread-tally.ts';

/** A user's membership in a room, as this process knows it. */
export interface KnownRoom {
  readonly roomId: string;
  readonly shard: number;
  readonly membership: Membership;
  /** Where the membership's event became current. */
  readonly position: number;
}

/** A /sync that waits for news. */
export interface WaitingSync {
  wake(): void;
}

/**
 * What this process keeps about a user who syncs here: exact as of the newest entries that it has seen, and dropped
 * when the user has been away for a while.
 */
export class ConnectedUser {
  readonly userId: string;
  /** Rooms that the user is joined to, invited to or knocks on. */
  readonly rooms: Map<string, KnownRoom>;
  /** Entries up to these positions (by shard) were contained in what was read. */
  readonly positions: readonly number[];
  readonly waiting = new Set<WaitingSync>();
  /** By room id. */
  readonly unread = new Map<string, UnreadTally>();
  /** Grows with every entry that concerns the user. */
  news = 0;
  /** No longer kept up to date. */
  dropped = false;
  usedAtMs = 0;
  /** When a call was answered last; monotonic. */
  answeredAtMs = Number.NEGATIVE_INFINITY;

  constructor(userId: string, rooms: Map<string, KnownRoom>, positions: readonly number[]) {
    this.userId = userId;
    this.rooms = rooms;
    this.positions = positions;
  }

  isJoined(roomId: string): boolean {
    return this.rooms.get(roomId)?.membership === 'join';
  }
}
