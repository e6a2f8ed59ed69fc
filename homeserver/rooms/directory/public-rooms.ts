import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import type { LogEntry } from '../../platform/shard-log/log-entry.ts';
import { listedStateTypes, readListedRooms, readPublishedRooms } from '../../storage/directory/read-published-rooms.ts';
import { cachedRoom } from '../../storage/names/room-names.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';

/** A room as the directory shows it. */
export interface ListedRoom {
  readonly room: number;
  readonly joined: number;
  readonly roomType: string | null;
  /** Name, topic and canonical alias, for searching: in lower case. */
  readonly searchText: string;
  /** The wire form: a PublishedRoomsChunk. */
  readonly summary: JsonObject;
}

/** More rooms than this are read again in several steps. */
const roomsPerRead = 1_000;
const listedTypes: ReadonlySet<string> = new Set([...listedStateTypes, 'm.room.member']);

/**
 * What the public directory shows, in the memory of each process: rooms are read when they are first listed and again
 * after the log says that something about them changed.
 */
export class PublicRooms {
  readonly #context: Context;
  readonly #listed = new Map<number, ListedRoom>();
  /** Grows with each change of a room while it is being read. */
  #changes = 0;
  #changedAt = new Map<number, number>();

  constructor(context: Context) {
    this.#context = context;
    context.shardLog.tail.subscribe((_shard, entries) => this.#apply(entries));
  }

  /** Every published room, those with the most joined members first. One query, and two where something changed. */
  async list(): Promise<ListedRoom[]> {
    const published = await readPublishedRooms(this.#context);
    const missing = published.filter((room) => !this.#listed.has(room));
    const fresh = new Map<number, ListedRoom>();
    for (let index = 0; index < missing.length; index += roomsPerRead) {
      for (const room of await this.#read(missing.slice(index, index + roomsPerRead))) fresh.set(room.room, room);
    }
    const rooms = published.flatMap((room) => this.#listed.get(room) ?? fresh.get(room) ?? []);
    return rooms.sort((one, other) => other.joined - one.joined || one.room - other.room);
  }

  async #read(rooms: readonly number[]): Promise<ListedRoom[]> {
    const before = this.#changes;
    const { events, joined } = await readListedRooms(this.#context, rooms);
    const eventsByRoom = Map.groupBy(events, (event) => event.roomNumber);
    const read: ListedRoom[] = [];
    for (const [room, ofRoom] of eventsByRoom) {
      const listed = listRoom(room, ofRoom, joined.get(room) ?? 0);
      read.push(listed);
      // What changed while we read may not be in what we read.
      if ((this.#changedAt.get(room) ?? 0) <= before) this.#listed.set(room, listed);
    }
    return read;
  }

  #apply(entries: readonly LogEntry[]): void {
    if (entries.length === 0) this.#forgetAll();
    for (const entry of entries) {
      if (entry.kind !== 'event' || entry.body.stateKey === undefined || !listedTypes.has(entry.body.type)) continue;
      const room = cachedRoom(this.#context, entry.body.roomId);
      if (room) this.#forget(room.id);
    }
  }

  #forget(room: number): void {
    this.#listed.delete(room);
    this.#changedAt.set(room, ++this.#changes);
  }

  #forgetAll(): void {
    this.#listed.clear();
  }
}
