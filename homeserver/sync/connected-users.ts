import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { type LogEntry, type StateChange, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { readUserRooms } from '../storage/sync/read-user-rooms.ts';
import { ConnectedUser, type KnownRoom } from './connected-user.ts';

export type EventLogEntry = LogEntry & { readonly kind: 'event' };

/** Users kept in memory; those who do not wait and were used least lately go first. */
const maxUsers = 20_000;
/** A client that stays away for longer is not worth the upkeep. */
const maxIdleMs = 120_000;

/** While a user's rooms are read the log may go on by more than memory holds of it; then they are read again. */
const maxReadings = 10;

const nobody: ReadonlySet<ConnectedUser> = new Set();

/**
 * The users whose rooms this process knows: read once, then kept exact by the member events in the log. Serves to tell
 * whom an entry concerns without a query.
 */
export class ConnectedUsers {
  readonly #context: Context;
  readonly #users = new Map<string, ConnectedUser>();
  readonly #reading = new Map<string, Promise<ConnectedUser>>();
  readonly #joined = new Map<string, Set<ConnectedUser>>();

  constructor(context: Context) {
    this.#context = context;
  }

  get size(): number {
    return this.#users.size;
  }

  /** The user if known already. */
  peek(userId: string): ConnectedUser | undefined {
    return this.#users.get(userId);
  }

  /** Known users who are joined to a room. */
  joinedTo(roomId: string): ReadonlySet<ConnectedUser> {
    return this.#joined.get(roomId) ?? nobody;
  }

  all(): Iterable<ConnectedUser> {
    return this.#users.values();
  }

  /**
   * The user, read if need be: with all that happened up to the newest entry of the log that this process has. Throws
   * M_UNKNOWN (503) when the log goes on faster than a user can be read.
   */
  async get(userId: string): Promise<ConnectedUser> {
    const known = this.#users.get(userId);
    if (known) {
      this.#users.delete(userId);
      this.#users.set(userId, known);
      known.usedAtMs = this.#context.clock.monotonicMs();
      return known;
    }
    const underWay = this.#reading.get(userId);
    if (underWay) return await underWay;
    const reading = this.#read(userId).finally(() => {
      if (this.#reading.get(userId) === reading) this.#reading.delete(userId);
    });
    this.#reading.set(userId, reading);
    return await reading;
  }

  /** Follows changes of membership. Call for every event of the log, in order. */
  apply(entry: EventLogEntry): void {
    const { roomId } = entry.body;
    for (const change of stateChangesOf(entry)) {
      if (change.type !== 'm.room.member') continue;
      const user = this.#users.get(change.stateKey);
      if (!user || entry.position <= (user.positions[entry.shard] ?? 0)) continue;
      applyMemberChange(user, entry, change);
      if (user.isJoined(roomId)) this.#addJoined(roomId, user);
      else this.#removeJoined(roomId, user);
    }
  }

  /** Forgets everybody: the log went on without being followed. */
  clear(): void {
    for (const user of this.#users.values()) user.dropped = true;
    this.#users.clear();
    this.#reading.clear();
    this.#joined.clear();
  }

  /** Forgets users who have been away for long, or are too many. */
  evict(): void {
    const idleSinceMs = this.#context.clock.monotonicMs() - maxIdleMs;
    for (const user of this.#users.values()) {
      if (user.waiting.size > 0) continue;
      if (user.usedAtMs >= idleSinceMs && this.#users.size <= maxUsers) continue;
      user.dropped = true;
      this.#users.delete(user.userId);
      for (const roomId of user.rooms.keys()) this.#removeJoined(roomId, user);
    }
  }

  async #read(userId: string): Promise<ConnectedUser> {
    const { tail } = this.#context.shardLog;
    for (let attempt = 0; attempt < maxReadings; attempt++) {
      const { positions, rooms } = await readUserRooms(this.#context, userId);
      const user = new ConnectedUser(userId, new Map(rooms.map((room) => [room.roomId, room])), positions);
      // What the process has seen since the snapshot was taken; without an await until the user is followed.
      const seen = positions.map((position, shard) => tail.entriesAfter(shard, position));
      if (seen.some((entries) => entries === undefined)) continue;
      for (const entries of seen) {
        for (const entry of entries ?? []) {
          if (entry.kind !== 'event') continue;
          for (const change of stateChangesOf(entry)) {
            if (change.type === 'm.room.member' && change.stateKey === userId) applyMemberChange(user, entry, change);
          }
        }
      }
      const earlier = this.#users.get(userId);
      if (earlier) return earlier;
      user.usedAtMs = this.#context.clock.monotonicMs();
      this.#users.set(userId, user);
      for (const room of user.rooms.values()) if (room.membership === 'join') this.#addJoined(room.roomId, user);
      return user;
    }
    throw new MatrixError('M_UNKNOWN', 'The server is too busy to find out what is new, please try again', {
      status: 503,
      fields: { retry_after_ms: 1_000 },
    });
  }

  #addJoined(roomId: string, user: ConnectedUser): void {
    const users = this.#joined.get(roomId);
    if (users) users.add(user);
    else this.#joined.set(roomId, new Set([user]));
  }

  #removeJoined(roomId: string, user: ConnectedUser): void {
    const users = this.#joined.get(roomId);
    if (!users?.delete(user)) return;
    if (users.size === 0) this.#joined.delete(roomId);
  }
}

/** Changes a user's rooms as the user's own membership did. */
function applyMemberChange(user: ConnectedUser, { shard, position, body }: EventLogEntry, change: StateChange): void {
  const { roomId } = body;
  const membership = change.event?.body.content['membership'];
  if (membership !== 'join') user.unread.delete(roomId);
  if (membership === 'join' || membership === 'invite' || membership === 'knock') {
    // A join that follows a join is a change of profile: what was known of the room still holds.
    if (membership === 'join' && !user.isJoined(roomId)) user.unread.delete(roomId);
    user.rooms.set(roomId, { roomId, shard, membership, position } satisfies KnownRoom);
  } else {
    user.rooms.delete(roomId);
  }
}
