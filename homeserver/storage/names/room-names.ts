import { isStorableText } from '@holdfast/protocol/identifiers/identifier-text.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Context } from '../../platform/context.ts';

/** What never changes about a room. */
export interface RoomName {
  readonly id: number;
  readonly roomId: string;
  readonly shard: number;
  readonly version: string;
}

const cachedRooms = 100_000;
interface RoomCaches {
  readonly byRoomId: BoundedCache<string, RoomName>;
  readonly byId: BoundedCache<number, RoomName>;
}
const cachesByDatabase = new WeakMap<object, RoomCaches>();

function cachesOf(context: Context): RoomCaches {
  let caches = cachesByDatabase.get(context.database);
  if (!caches) {
    caches = { byRoomId: new BoundedCache(cachedRooms), byId: new BoundedCache(cachedRooms) };
    cachesByDatabase.set(context.database, caches);
  }
  return caches;
}

/** A room that this server knows, or undefined. Costs a query once per process. */
export async function findRoom(context: Context, roomId: string): Promise<RoomName | undefined> {
  const cached = cachesOf(context).byRoomId.get(roomId);
  if (cached) return cached;
  // Room ids come from events' contents too, which may hold what no text of PostgreSQL can.
  if (!isStorableText(roomId)) return undefined;
  const rows = await context.database<RoomName[]>`
    SELECT id, room_id AS "roomId", shard, version FROM room WHERE room_id = ${roomId}`;
  return rows[0] && rememberRoom(context, rows[0]);
}

/** As findRoom when the answer needs no query. */
export function cachedRoom(context: Context, roomId: string): RoomName | undefined {
  return cachesOf(context).byRoomId.get(roomId);
}

/** Rooms by their numbers, all of which must exist. */
export async function roomsByNumber(context: Context, ids: Iterable<number>): Promise<Map<number, RoomName>> {
  const { byId } = cachesOf(context);
  const found = new Map<number, RoomName>();
  const missing: number[] = [];
  for (const id of new Set(ids)) {
    const room = byId.get(id);
    if (room) found.set(id, room);
    else missing.push(id);
  }
  if (missing.length === 0) return found;
  const rows = await context.database<RoomName[]>`
    SELECT id, room_id AS "roomId", shard, version FROM room WHERE id = ANY(${missing}::int[])`;
  for (const row of rows) found.set(row.id, rememberRoom(context, row));
  return found;
}

/** Keeps the name of a room that a query has read beside other things. */
export function rememberRoom(context: Context, room: RoomName): RoomName {
  cachesOf(context).byRoomId.set(room.roomId, room);
  cachesOf(context).byId.set(room.id, room);
  return room;
}

/** The rules of the room's version. Rooms of unknown versions are never stored. */
export function rulesOfRoom(room: Pick<RoomName, 'roomId' | 'version'>): RoomVersionRules {
  const rules = roomVersionRules(room.version);
  if (!rules) throw new Error(`${room.roomId} has the unknown version ${room.version}`);
  return rules;
}
