import type { BridgeSql } from './open-bridge-database.ts';

/** A Matrix user on IRC; `channel` is folded, '' for the connection itself. */
export interface IrcUserChannel {
  readonly network: string;
  readonly userId: string;
  readonly channel: string;
}

export async function putIrcUserChannel(sql: BridgeSql, { network, userId, channel }: IrcUserChannel): Promise<void> {
  await sql`
    INSERT INTO irc_user_channel (network, user_id, channel) VALUES (${network}, ${userId}, ${channel})
    ON CONFLICT DO NOTHING`;
}

/** Without a channel: all of the user's. */
export async function removeIrcUserChannels(
  sql: BridgeSql,
  { network, userId, channel }: Omit<IrcUserChannel, 'channel'> & { readonly channel?: string | undefined },
): Promise<void> {
  await sql`
    DELETE FROM irc_user_channel WHERE network = ${network} AND user_id = ${userId}
      ${channel === undefined ? sql`` : sql`AND channel = ${channel}`}`;
}

/** Who was on a network, with the channels. */
export async function readIrcUserChannels(sql: BridgeSql, network: string): Promise<ReadonlyMap<string, string[]>> {
  const rows = await sql<{ userId: string; channel: string }[]>`
    SELECT user_id AS "userId", channel FROM irc_user_channel WHERE network = ${network} ORDER BY user_id, channel`;
  const byUser = Map.groupBy(rows, ({ userId }) => userId);
  return new Map([...byUser].map(([userId, own]) => [userId, own.map(({ channel }) => channel)]));
}
