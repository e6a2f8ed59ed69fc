import type { Context } from '../../platform/context.ts';

/** Which of the users are joined to one of the rooms (by number). One query. */
export async function readSharers(
  context: Context,
  userIds: readonly string[],
  rooms: readonly number[],
): Promise<Set<string>> {
  if (userIds.length === 0 || rooms.length === 0) return new Set();
  const rows = await context.database<{ userId: string }[]>`
    SELECT name.text AS "userId" FROM name
    WHERE name.text = ANY(${userIds as string[]}::text[]) AND EXISTS (
      SELECT 1 FROM room_state s WHERE s.state_key = name.id AND s.type = 1
        AND s.to_position = 9223372036854775807 AND s.membership = 1 AND s.room = ANY(${rooms as number[]}::int[]))`;
  return new Set(rows.map((row) => row.userId));
}
