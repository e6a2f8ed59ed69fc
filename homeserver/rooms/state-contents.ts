import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { type LogEntry, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { readStateEvent } from '../storage/rooms/read-state.ts';

const keptRooms = 20_000;

interface KnownContent {
  readonly content: JsonObject | undefined;
}

/**
 * The contents of one type of state, with an empty state key, in all rooms: read when first asked for and forgotten when
 * they change. As new as this process's tail of the log.
 */
export class StateContents {
  readonly #context: Context;
  readonly #type: string;
  #rooms = new BoundedCache<string, KnownContent>(keptRooms);
  /** Grows with every change: what was read before one may be the old one. */
  #changes = 0;

  constructor(context: Context, type: string) {
    this.#context = context;
    this.#type = type;
    context.shardLog.tail.subscribe((_shard, entries) => this.#follow(entries));
  }

  async get(room: RoomName): Promise<JsonObject | undefined> {
    const known = this.#rooms.get(room.roomId);
    if (known) return known.content;
    const changes = this.#changes;
    const event = await readStateEvent(this.#context, room, this.#type, '');
    const content = event?.pdu.content;
    if (changes === this.#changes) this.#rooms.set(room.roomId, { content });
    return content;
  }

  #follow(entries: readonly LogEntry[]): void {
    if (entries.length === 0) {
      this.#changes++;
      this.#rooms = new BoundedCache(keptRooms);
    }
    for (const entry of entries) {
      if (entry.kind === 'room-state') {
        this.#changes++;
        this.#rooms.delete(entry.body.roomId);
      }
      if (entry.kind !== 'event' || !stateChangesOf(entry).some(({ type }) => type === this.#type)) continue;
      this.#changes++;
      this.#rooms.delete(entry.body.roomId);
    }
  }
}
