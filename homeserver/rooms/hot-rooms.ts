import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { findRoom } from '../storage/names/room-names.ts';
import type { HotRoom, StateEntry } from './hot-room.ts';
import { loadHotRoom } from './load-hot-room.ts';
import {
  headOf,
  maxPreparedRooms,
  type PreparedRooms,
  prepareRooms,
  type RoomHead,
  roomsToGoOnWith,
} from './prepared-rooms.ts';

/** The rooms that the owner of a shard has in memory, bounded in bytes; the least lately used go first. */
export class HotRooms {
  readonly #shard: OwnedShard;
  readonly #rooms = new Map<string, HotRoom>();
  #estimatedBytes = 0;
  #sinceEstimate = 0;

  /** `rooms`: those that were made ready before the shard came, the one used last at the end. */
  constructor(shard: OwnedShard, rooms: readonly HotRoom[] = []) {
    this.#shard = shard;
    for (const room of rooms) this.add(room);
  }

  /** Those used last first. */
  lately(count: number): HotRoom[] {
    return [...this.#rooms.values()].toReversed().slice(0, count);
  }

  /**
   * The room, loaded if need be; undefined when this server does not know it. Call under the room's key. `state`: its
   * current state without members, where that is at hand.
   */
  async load(roomId: string, state?: readonly StateEntry[]): Promise<HotRoom | undefined> {
    const hot = this.#rooms.get(roomId);
    if (hot) {
      this.#rooms.delete(roomId);
      this.#rooms.set(roomId, hot);
      return hot;
    }
    const name = await findRoom(this.#shard.context, roomId);
    if (!name) return undefined;
    // What was written without a position is in the tables before the next position is.
    const room = await loadHotRoom(this.#shard.context, name, this.#shard.nextPosition, state);
    this.add(room);
    return room;
  }

  /** The room if it is in memory already. */
  peek(roomId: string): HotRoom | undefined {
    return this.#rooms.get(roomId);
  }

  /** Keeps a room in memory. One that was put out while a command decided on it is the newest there is, and comes back. */
  add(room: HotRoom): void {
    if (this.#rooms.get(room.roomId) === room) return;
    this.#rooms.set(room.roomId, room);
    this.#estimatedBytes += room.sizeBytes;
    this.#evict();
  }

  /** Drops a room whose rows were changed beside it; the next who needs it reads it again. Call under the room's key. */
  forget(roomId: string): void {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    this.#rooms.delete(roomId);
    this.#estimatedBytes -= room.sizeBytes;
  }

  #evict(): void {
    const limitBytes = this.#shard.context.config.limits.hotRoomBytes / this.#shard.context.config.shards.count;
    // Rooms grow while they are hot; counting them all now and then keeps the estimate honest.
    if (++this.#sinceEstimate > 100) {
      this.#sinceEstimate = 0;
      this.#estimatedBytes = 0;
      for (const room of this.#rooms.values()) this.#estimatedBytes += room.sizeBytes;
    }
    for (const [roomId, room] of this.#rooms) {
      if (this.#estimatedBytes <= limitBytes) return;
      if (room.uncommitted > 0) continue;
      this.#rooms.delete(roomId);
      this.#estimatedBytes -= room.sizeBytes;
    }
  }
}

export const hotRooms: ShardMemory<HotRooms> = {
  name: 'hot-rooms',
  announce: (rooms) => rooms.lately(maxPreparedRooms).map(({ roomId }) => roomId),
  prepare: (context, shard, announced) => prepareRooms(context, shard, (announced ?? []) as readonly string[]),
  handOver: (rooms) => rooms.lately(maxPreparedRooms).flatMap((room) => headOf(room) ?? []),
  create: (shard, prepared, handedOver) =>
    new HotRooms(
      shard,
      prepared === undefined
        ? []
        : roomsToGoOnWith(prepared as PreparedRooms, (handedOver ?? []) as readonly RoomHead[]).toReversed(),
    ),
};
