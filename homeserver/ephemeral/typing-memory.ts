import type { Clock } from '@holdfast/effects/clock.ts';
import { forgetOldest } from '../platform/forget-oldest.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';

interface TypingRoom {
  /** With when the entry came; monotonic. */
  readonly users: Map<string, number>;
  readonly shard: number;
  position: number;
}

/** Rooms in which somebody typed lately. */
const maxRooms = 20_000;

/** Who is typing where, as the log tells. */
export class TypingMemory {
  readonly #clock: Clock;
  readonly #rooms = new Map<string, TypingRoom>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  apply({ shard, position, body }: LogEntry & { kind: 'typing' }): void {
    let room = this.#rooms.get(body.roomId);
    if (!room) {
      room = { users: new Map(), shard, position };
      this.#rooms.set(body.roomId, room);
      forgetOldest(this.#rooms, maxRooms);
    }
    room.position = position;
    if (body.typing) room.users.set(body.userId, this.#clock.monotonicMs());
    else room.users.delete(body.userId);
  }

  /** The users who are typing in a room now. */
  inRoom(roomId: string): string[] {
    return [...(this.#rooms.get(roomId)?.users.keys() ?? [])];
  }

  /** The users typing in a room, if that changed after `since` (positions by shard); undefined: always. */
  changedAfter(roomId: string, since: readonly number[] | undefined): string[] | undefined {
    const room = this.#rooms.get(roomId);
    if (!room) return undefined;
    const after = since === undefined ? -1 : (since[room.shard] ?? 0);
    if (room.position <= after || (since === undefined && room.users.size === 0)) return undefined;
    return [...room.users.keys()];
  }

  /** Those whose typing began so long ago that its end may have got lost. */
  *typingLongerThan(durationMs: number): Generator<{ readonly roomId: string; readonly userId: string }> {
    const beforeMs = this.#clock.monotonicMs() - durationMs;
    for (const [roomId, room] of this.#rooms) {
      for (const [userId, atMs] of room.users) if (atMs < beforeMs) yield { roomId, userId };
    }
  }

  clear(): void {
    this.#rooms.clear();
  }
}
