import type { BridgeSql } from './open-bridge-database.ts';

/** Somebody of IRC as a user of Matrix. */
export interface Puppet {
  readonly network: string;
  /** Folded. */
  readonly nick: string;
  readonly userId: string;
  readonly displayName: string;
}

export async function readPuppet(sql: BridgeSql, network: string, nick: string): Promise<Puppet | undefined> {
  const [row] = await sql<Puppet[]>`
    SELECT network, nick, user_id AS "userId", display_name AS "displayName" FROM puppet
    WHERE network = ${network} AND nick = ${nick}`;
  return row;
}

export async function putPuppet(sql: BridgeSql, { network, nick, userId, displayName }: Puppet): Promise<void> {
  await sql`
    INSERT INTO puppet (network, nick, user_id, display_name) VALUES (${network}, ${nick}, ${userId}, ${displayName})
    ON CONFLICT (network, nick) DO UPDATE SET display_name = excluded.display_name`;
}

/** The newest puppets of a network that were made no longer ago than `windowMs`, at most `limit`, oldest first. */
export async function readNewPuppets(
  sql: BridgeSql,
  network: string,
  windowMs: number,
  limit: number,
): Promise<{ readonly nick: string; readonly ageMs: number }[]> {
  const rows = await sql<{ nick: string; ageMs: number }[]>`
    SELECT nick, greatest(extract(epoch FROM now() - made_at) * 1000, 0)::float8 AS "ageMs" FROM puppet
    WHERE network = ${network} AND made_at > now() - ${windowMs} * interval '1 millisecond'
    ORDER BY made_at DESC LIMIT ${limit}`;
  return rows.toReversed();
}

/** The puppets that are in a room. */
export async function readPuppetsInRoom(sql: BridgeSql, roomId: string): Promise<Puppet[]> {
  return [
    ...(await sql<Puppet[]>`
      SELECT network, nick, user_id AS "userId", display_name AS "displayName" FROM puppet_room JOIN puppet USING (user_id)
      WHERE room_id = ${roomId}`),
  ];
}

export async function putPuppetRoom(sql: BridgeSql, roomId: string, userId: string): Promise<void> {
  await sql`INSERT INTO puppet_room (room_id, user_id) VALUES (${roomId}, ${userId}) ON CONFLICT DO NOTHING`;
}

export async function removePuppetRoom(sql: BridgeSql, roomId: string, userId: string): Promise<void> {
  await sql`DELETE FROM puppet_room WHERE room_id = ${roomId} AND user_id = ${userId}`;
}

/** A Matrix user's wishes on a network. */
export interface IrcUser {
  readonly nick: string | null;
  readonly account: string | null;
  /** Encrypted. */
  readonly password: Uint8Array | null;
  readonly hasQuit: boolean;
}

const nobody: IrcUser = { nick: null, account: null, password: null, hasQuit: false };

export async function readIrcUser(sql: BridgeSql, network: string, userId: string): Promise<IrcUser> {
  const [row] = await sql<IrcUser[]>`
    SELECT nick, account, password, has_quit AS "hasQuit" FROM irc_user
    WHERE network = ${network} AND user_id = ${userId}`;
  return row ?? nobody;
}

/** Changes what is given and keeps the rest. */
export async function changeIrcUser(
  sql: BridgeSql,
  network: string,
  userId: string,
  change: Partial<IrcUser>,
): Promise<void> {
  const user = { ...(await readIrcUser(sql, network, userId)), ...change };
  await sql`
    INSERT INTO irc_user (network, user_id, nick, account, password, has_quit)
    VALUES (${network}, ${userId}, ${user.nick}, ${user.account}, ${user.password}, ${user.hasQuit})
    ON CONFLICT (network, user_id) DO UPDATE SET nick = excluded.nick, account = excluded.account,
      password = excluded.password, has_quit = excluded.has_quit`;
}
