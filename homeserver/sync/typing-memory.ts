import type { LogEntry } from '../platform/shard-log/log-entry.ts';

interface TypingRoom {
  readonly users: Set<string>;
  readonly shard: number;
  position: number;
}

/** Rooms in which somebody typed lately. */
const maxRooms = 20_000;

/** Who is typing where, as the log tells. */
export class TypingMemory {
  readonly #rooms = new Map<string, TypingRoom>();

  apply({ shard, position, body }: LogEntry & { kind: 'typing' }): void {
    let room = this.#rooms.get(body.roomId);
    if (!room) {
      room = { users: new Set(), shard, position };
      this.#rooms.set(body.roomId, room);
      this.#trim();
    }
    room.position = position;
    if (body.typing) room.users.add(body.userId);
    else room.users.delete(body.userId);
  }

  /** The users typing in a room, if that changed after `since` (positions by shard); undefined: always. */
  changedAfter(roomId: string, since: readonly number[] | undefined): string[] | undefined {
    const room = this.#rooms.get(roomId);
    if (!room) return undefined;
    const after = since === undefined ? -1 : (since[room.shard] ?? 0);
    if (room.position <= after || (since === undefined && room.users.size === 0)) return undefined;
    return [...room.users];
  }

  /** Those who are typing, as [room id, user id]. */
  *typingUsers(): Generator<[roomId: string, userId: string]> {
    for (const [roomId, room] of this.#rooms) for (const userId of room.users) yield [roomId, userId];
  }

  clear(): void {
    this.#rooms.clear();
  }

  #trim(): void {
    const oldest = this.#rooms.keys().next();
    if (this.#rooms.size > maxRooms && !oldest.done) this.#rooms.delete(oldest.value);
  }
}
