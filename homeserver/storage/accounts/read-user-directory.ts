import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { membershipCodes } from '../rooms/membership-codes.ts';
import { currentPosition } from '../rooms/read-state.ts';
import { toSearchText } from './search-text.ts';

export interface FoundUser {
  readonly userId: string;
  readonly displayName: string | undefined;
  readonly avatarUrl: string | undefined;
  /** Whether the one who searches is joined to one of the same rooms. */
  readonly sharesRoom: boolean;
}

interface FoundRow {
  readonly userId: string;
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  readonly sharesRoom: boolean;
}

/**
 * Users of this server whose user id or display name contains the term, deactivated ones left out: those who share a
 * room with the searcher first, then the whole word before its beginning before the rest.
 */
export async function searchAccounts(
  context: Context,
  searcher: string,
  term: string,
  limit: number,
): Promise<FoundUser[]> {
  const self = (await findNames(context, [searcher])).get(searcher) ?? 0;
  const text = toSearchText(term);
  const rows = await context.database<FoundRow[]>`
    WITH own_room AS (
      SELECT room FROM room_state WHERE state_key = ${self} AND type = 1 AND membership = ${membershipCodes.join}
        AND to_position = ${currentPosition}::bigint
    ), found AS (
      SELECT account.user_id, display.value AS display_name, display.search_text,
        EXISTS (
          SELECT FROM name JOIN room_state other ON other.state_key = name.id AND other.type = 1
            AND other.membership = ${membershipCodes.join} AND other.to_position = ${currentPosition}::bigint
          WHERE name.text = account.user_id AND other.room IN (SELECT room FROM own_room)) AS shares_room
      FROM account
      LEFT JOIN profile_field display ON display.user_id = account.user_id AND display.name = 'displayname'
      WHERE NOT account.is_deactivated
        AND (strpos(account.user_id, ${text}) > 0 OR strpos(display.search_text, ${text}) > 0)
    )
    SELECT found.user_id AS "userId", found.display_name AS "displayName", avatar.value AS "avatarUrl",
      found.shares_room AS "sharesRoom"
    FROM found LEFT JOIN profile_field avatar ON avatar.user_id = found.user_id AND avatar.name = 'avatar_url'
    ORDER BY found.shares_room DESC,
      (found.search_text = ${text} OR split_part(substr(found.user_id, 2), ':', 1) = ${text}) IS TRUE DESC,
      (starts_with(found.search_text, ${text}) OR starts_with(found.user_id, ${`@${text}`})) IS TRUE DESC,
      found.user_id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    userId: row.userId,
    displayName: parseText(row.displayName),
    avatarUrl: parseText(row.avatarUrl),
    sharesRoom: row.sharesRoom,
  }));
}

/** The rooms (numbers) that users are joined to now, by user id; at most `limit` of each. */
export async function readJoinedRoomsOf(
  context: Context,
  userIds: readonly string[],
  limit: number,
): Promise<Map<string, number[]>> {
  const rows = await context.database<{ userId: string; rooms: number[] }[]>`
    SELECT name.text AS "userId", ARRAY(
      SELECT room FROM room_state WHERE state_key = name.id AND type = 1
        AND membership = ${membershipCodes.join} AND to_position = ${currentPosition}::bigint LIMIT ${limit}) AS rooms
    FROM name WHERE name.text = ANY(${userIds as string[]}::text[])`;
  return new Map(rows.map((row) => [row.userId, row.rooms]));
}

function parseText(json: string | null): string | undefined {
  const value = json === null ? null : (JSON.parse(json) as JsonValue);
  return typeof value === 'string' ? value : undefined;
}
