import type { Context } from '../../platform/context.ts';
import { type LogEntry, stateChangesOf } from '../../platform/shard-log/log-entry.ts';
import {
  listedStateTypes,
  type RoomList,
  readListedRooms,
  readPublishedRooms,
} from '../../storage/directory/read-published-rooms.ts';
import { type ListedRoom, listRoom } from './listed-room.ts';

/** More rooms than this are read in several steps. */
const roomsPerRead = 1_000;
const listedTypes: ReadonlySet<string> = new Set([...listedStateTypes, 'm.room.member']);

/**
 * What the public directory shows, in the memory of each process: a room is read when it is first listed, and again
 * after the log said that something about it changed.
 */
export class PublishedRooms {
  readonly #context: Context;
  readonly #listed = new Map<string, ListedRoom>();
  /** For each read under way: rooms that changed since it began, or everything. */
  readonly #reads = new Set<{ changed: Set<string>; everything: boolean }>();

  constructor(context: Context) {
    this.#context = context;
    context.shardLog.tail.subscribe((_shard, entries) => this.#apply(entries));
  }

  /** Every room of a list, those with the most joined members first. One query, and two where something changed. */
  async list(list: RoomList): Promise<ListedRoom[]> {
    const published = await readPublishedRooms(this.#context, list);
    const missing = published.filter(({ roomId }) => !this.#listed.has(roomId));
    const fresh = new Map<string, ListedRoom>();
    for (let index = 0; index < missing.length; index += roomsPerRead) {
      await this.#read(missing.slice(index, index + roomsPerRead), fresh);
    }
    const rooms = published.flatMap(({ roomId }) => fresh.get(roomId) ?? this.#listed.get(roomId) ?? []);
    return rooms.sort(compareListedRooms);
  }

  async #read(
    rooms: readonly { readonly room: number; readonly roomId: string }[],
    into: Map<string, ListedRoom>,
  ): Promise<void> {
    const read = { changed: new Set<string>(), everything: false };
    this.#reads.add(read);
    try {
      const numbers = rooms.map(({ room }) => room);
      const { events, joined } = await readListedRooms(this.#context, numbers);
      const eventsByRoom = Map.groupBy(events, (event) => event.roomNumber);
      for (const place of rooms) {
        const listed = listRoom(place, eventsByRoom.get(place.room) ?? [], joined.get(place.room) ?? 0);
        into.set(place.roomId, listed);
        if (!read.everything && !read.changed.has(place.roomId)) this.#listed.set(place.roomId, listed);
      }
    } finally {
      this.#reads.delete(read);
    }
  }

  #apply(entries: readonly LogEntry[]): void {
    if (entries.length === 0) {
      this.#listed.clear();
      for (const read of this.#reads) read.everything = true;
    }
    for (const entry of entries) {
      if (!changesListing(entry)) continue;
      const { roomId } = entry.body;
      this.#listed.delete(roomId);
      for (const read of this.#reads) read.changed.add(roomId);
    }
  }
}

function changesListing(entry: LogEntry): entry is LogEntry & { readonly kind: 'event' | 'room-state' } {
  // Members and more that no event told.
  if (entry.kind === 'room-state') return true;
  if (entry.kind !== 'event') return false;
  return entry.body.redacts !== undefined || stateChangesOf(entry).some(({ type }) => listedTypes.has(type));
}

/** The order of the directory: the largest first. */
export function compareListedRooms(
  one: Pick<ListedRoom, 'joined' | 'room'>,
  other: Pick<ListedRoom, 'joined' | 'room'>,
): number {
  return other.joined - one.joined || one.room - other.room;
}

const byContext = new WeakMap<Context, PublishedRooms>();

/** The one of this process; it begins to follow the log when it is first asked for. */
export function publishedRooms(context: Context): PublishedRooms {
  let rooms = byContext.get(context);
  if (!rooms) {
    rooms = new PublishedRooms(context);
    byContext.set(context, rooms);
  }
  return rooms;
}
