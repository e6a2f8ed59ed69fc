import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isServerAllowedByAcl } from '@holdfast/protocol/server-acl/is-server-allowed.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import { type LogEntry, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { readStateEvent } from '../storage/rooms/read-state.ts';

const keptRooms = 20_000;
const aclType = 'm.room.server_acl';

interface KnownAcl {
  readonly content: JsonObject | undefined;
}

/** The server ACLs of rooms, read when first asked for and forgotten when they change. */
class ServerAcls {
  readonly #context: Context;
  #rooms = new BoundedCache<string, KnownAcl>(keptRooms);
  /** Grows with every change: what was read before one may be the old one. */
  #changes = 0;

  constructor(context: Context) {
    this.#context = context;
    context.shardLog.tail.subscribe((_shard, entries) => this.#follow(entries));
  }

  async get(room: RoomName): Promise<JsonObject | undefined> {
    const known = this.#rooms.get(room.roomId);
    if (known) return known.content;
    const changes = this.#changes;
    const event = await readStateEvent(this.#context, room, aclType, '');
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
      if (entry.kind !== 'event' || !stateChangesOf(entry).some(({ type }) => type === aclType)) continue;
      this.#changes++;
      this.#rooms.delete(entry.body.roomId);
    }
  }
}

const serverAcls = perContext((context: Context) => new ServerAcls(context));

/**
 * Whether the room's server ACL lets a server take part. No query for a room that was asked about lately.
 * https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls
 */
export async function isServerAllowedInRoom(context: Context, room: RoomName, server: string): Promise<boolean> {
  return isServerAllowedByAcl(await serverAcls.of(context).get(room), server);
}
