import type { Context } from '../../platform/context.ts';

export interface AliasRow {
  readonly alias: string;
  readonly roomId: string;
  readonly creator: string;
}

/** The room that an alias of this server leads to, or undefined. */
export async function readAlias(context: Context, alias: string): Promise<AliasRow | undefined> {
  return (await readAliases(context, [alias])).get(alias);
}

/** Aliases that lead to a room, by alias. One query however many. */
export async function readAliases(context: Context, aliases: readonly string[]): Promise<Map<string, AliasRow>> {
  if (aliases.length === 0) return new Map();
  const rows = await context.database<AliasRow[]>`
    SELECT a.alias, a.room_id AS "roomId", a.creator FROM room_alias a JOIN room USING (room_id)
    WHERE a.alias = ANY(${aliases as string[]}::text[])`;
  return new Map(rows.map((row) => [row.alias, row]));
}

/** This server's aliases of a room, in the order of their making. */
export async function readAliasesOfRoom(context: Context, roomId: string): Promise<string[]> {
  const rows = await context.database<{ alias: string }[]>`
    SELECT alias FROM room_alias WHERE room_id = ${roomId} ORDER BY created_at, alias`;
  return rows.map((row) => row.alias);
}

/** Who holds an alias, whether it leads to a room yet or not. */
export interface AliasClaim {
  readonly request: string;
  /** Claimed for a room that was never made: free again. */
  readonly abandoned: boolean;
}

export async function readAliasClaim(context: Context, alias: string): Promise<AliasClaim | undefined> {
  const rows = await context.database<AliasClaim[]>`
    SELECT request, created_at < clock_timestamp() - interval '5 minutes'
      AND NOT EXISTS (SELECT FROM room WHERE room.room_id = room_alias.room_id) AS abandoned
    FROM room_alias WHERE alias = ${alias}`;
  return rows[0];
}
