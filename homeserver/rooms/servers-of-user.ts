import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { readServersOfPartialRoom } from '../storage/rooms/read-partial-rooms.ts';
import { readUserRooms } from '../storage/sync/read-user-rooms.ts';
import { isServerInRoom, joinedServersOf } from './joined-servers.ts';
import { partialRoomsOf } from './remote/partial-rooms.ts';

const keptUsers = 20_000;

/** Ids of the rooms that users are joined to, as long as nothing changed. */
class RoomsOfUsers {
  readonly #context: Context;
  #rooms = new BoundedCache<string, readonly string[]>(keptUsers);
  /** The newest read under way of each user, until something changes. */
  readonly #reads = new Map<string, symbol>();

  constructor(context: Context) {
    this.#context = context;
    context.shardLog.tail.subscribe((_shard, entries) => {
      if (entries.length === 0 || entries.some(({ kind }) => kind === 'room-state')) {
        this.#rooms = new BoundedCache(keptUsers);
        this.#reads.clear();
      }
      for (const entry of entries) {
        if (entry.kind !== 'event') continue;
        for (const { type, stateKey } of stateChangesOf(entry)) if (type === 'm.room.member') this.#drop(stateKey);
      }
    });
  }

  async get(userId: string): Promise<readonly string[]> {
    const known = this.#rooms.get(userId);
    if (known) return known;
    const mark = Symbol(userId);
    this.#reads.set(userId, mark);
    try {
      const { rooms } = await readUserRooms(this.#context, userId);
      const joined = rooms.filter(({ membership }) => membership === 'join').map(({ roomId }) => roomId);
      if (this.#reads.get(userId) === mark) this.#rooms.set(userId, joined);
      return joined;
    } finally {
      if (this.#reads.get(userId) === mark) this.#reads.delete(userId);
    }
  }

  #drop(userId: string): void {
    this.#rooms.delete(userId);
    this.#reads.delete(userId);
  }
}

const known = new WeakMap<Context, RoomsOfUsers>();

/** Ids of the rooms that a user is joined to. One query when a user is first asked for, then none until it changes. */
export async function joinedRoomsOf(context: Context, userId: string): Promise<readonly string[]> {
  let rooms = known.get(context);
  if (!rooms) {
    rooms = new RoomsOfUsers(context);
    known.set(context, rooms);
  }
  return await rooms.get(userId);
}

/**
 * The servers that share a room with a user, this one included; a room of `except` does not count. Of rooms whose members
 * are not all known, those that the join's server named.
 */
export async function serversSharingRoomsWith(context: Context, userId: string, except?: string): Promise<Set<string>> {
  const servers = new Set<string>();
  for (const roomId of await joinedRoomsOf(context, userId)) {
    if (roomId === except) continue;
    for (const server of await joinedServersOf(context, roomId)) servers.add(server);
    if (!partialRoomsOf(context).isPartial(roomId)) continue;
    for (const server of await readServersOfPartialRoom(context, roomId)) servers.add(server);
  }
  return servers;
}

/** Whether a user shares a room with this server's users. */
export async function sharesRoomWithUs(context: Context, userId: string): Promise<boolean> {
  for (const roomId of await joinedRoomsOf(context, userId)) {
    if (await isServerInRoom(context, roomId)) return true;
  }
  return false;
}
