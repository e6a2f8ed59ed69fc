import type { Context } from '../../platform/context.ts';

/** A user of this server who is joined to a room, invited or knocks. */
export interface LocalPerson {
  readonly userId: string;
  /** Names the place in the list. */
  readonly number: number;
}

/** In the order of their numbers, those above `after`. */
export async function readLocalPeople(
  { database, serverName }: Context,
  room: number,
  after: number,
  limit: number,
): Promise<LocalPerson[]> {
  const ending = `:${serverName}`;
  return await database<LocalPerson[]>`
    SELECT m.text AS "userId", s.state_key AS number FROM room_state s JOIN name m ON m.id = s.state_key
    WHERE s.room = ${room} AND s.type = 1 AND s.membership <= 3 AND s.to_position = 9223372036854775807
      AND s.state_key > ${after} AND right(m.text, ${ending.length}) = ${ending}
    ORDER BY s.state_key LIMIT ${limit}`;
}

export async function countLocalPeople({ database, serverName }: Context, room: number): Promise<number> {
  const ending = `:${serverName}`;
  const rows = await database<{ count: number }[]>`
    SELECT count(*)::int AS count FROM room_state s JOIN name m ON m.id = s.state_key
    WHERE s.room = ${room} AND s.type = 1 AND s.membership <= 3 AND s.to_position = 9223372036854775807
      AND right(m.text, ${ending.length}) = ${ending}`;
  return rows[0]?.count ?? 0;
}
