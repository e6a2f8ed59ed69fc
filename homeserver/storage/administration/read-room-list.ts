import type { Sql } from '../../platform/database/open-database.ts';
import { toSearchText } from '../accounts/search-text.ts';
import type { RoomFigures } from './room-figures.ts';

export interface ListedRoom extends RoomFigures {
  readonly roomId: string;
  readonly version: string;
  /** In the room directory. */
  readonly isPublished: boolean;
  readonly isBlocked: boolean;
}

/** What a list can be ordered by, and the column that it means. */
export const roomOrders = {
  name: 'lower(f.name)',
  alias: 'f.canonical_alias',
  joined: 'f.joined',
  joined_local: 'f.joined_local',
  state_events: 'f.state_events',
  creator: 'f.creator',
  encryption: 'f.encryption',
  version: 'r.version',
  join_rule: 'f.join_rule',
  guest_access: 'f.guest_access',
  history_visibility: 'f.history_visibility',
  published: 'p.room',
  federated: 'f.is_federated',
  created: 'f.room',
} as const;

export interface RoomListQuery {
  readonly offset: number;
  readonly limit: number;
  /** A part of the name, an alias or the room id, in any case. */
  readonly search: string | undefined;
  readonly isBlocked: boolean | undefined;
  readonly isPublished: boolean | undefined;
  /** With or without a member of this server. */
  readonly hasLocalMembers: boolean | undefined;
  readonly orderBy: keyof typeof roomOrders;
  readonly descending: boolean;
}

/** A page of the rooms that are asked for, and how many there are in all. */
export async function readRoomList(sql: Sql, query: RoomListQuery): Promise<{ rooms: ListedRoom[]; total: number }> {
  const { isBlocked, isPublished, hasLocalMembers } = query;
  const search = query.search ? toSearchText(query.search) : undefined;
  const wanted = sql`
    FROM room_figures f JOIN room r ON r.id = f.room
      LEFT JOIN published_room p ON p.room = f.room LEFT JOIN blocked_room b ON b.room_id = r.room_id
    WHERE true
      ${search === undefined ? sql`` : sql`AND (strpos(f.search_text, ${search}) > 0 OR strpos(lower(r.room_id), ${search}) > 0)`}
      ${isBlocked === undefined ? sql`` : sql`AND (b.room_id IS NOT NULL) = ${isBlocked}`}
      ${isPublished === undefined ? sql`` : sql`AND (p.room IS NOT NULL) = ${isPublished}`}
      ${hasLocalMembers === undefined ? sql`` : sql`AND (f.joined_local > 0) = ${hasLocalMembers}`}`;
  const direction = query.descending ? sql`DESC` : sql`ASC`;
  const [counted, rooms] = await Promise.all([
    sql<{ total: number }[]>`SELECT count(*)::int AS total ${wanted}`,
    sql<ListedRoom[]>`
      SELECT r.room_id AS "roomId", r.version, p.room IS NOT NULL AS "isPublished", b.room_id IS NOT NULL AS "isBlocked",
        f.name, f.canonical_alias AS "canonicalAlias", f.creator, f.join_rule AS "joinRule",
        f.history_visibility AS "historyVisibility", f.guest_access AS "guestAccess", f.encryption,
        f.room_type AS "roomType", f.is_federated AS "isFederated", f.joined, f.joined_local AS "joinedLocal",
        f.state_events AS "stateEvents"
      ${wanted}
      ORDER BY ${sql.unsafe(roomOrders[query.orderBy])} ${direction} NULLS LAST, f.room
      LIMIT ${query.limit} OFFSET ${query.offset}`,
  ]);
  return { rooms: [...rooms], total: counted[0]?.total ?? 0 };
}
