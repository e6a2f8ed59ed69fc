import type { JsonValue, Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { membershipCodes } from '../rooms/membership-codes.ts';
import { unpackEvent } from '../rooms/pack-event.ts';
import { currentPosition } from '../rooms/read-state.ts';

/** A user of another server, as a room that somebody is in shows this user. */
export interface RemoteMember {
  readonly userId: string;
  readonly displayName: string | undefined;
  readonly avatarUrl: string | undefined;
}

/**
 * Users of other servers in the rooms that a user is joined to, each as the newest of their member events says; at most
 * `most`. One query.
 */
export async function readRemoteMembers(context: Context, userId: string, most: number): Promise<RemoteMember[]> {
  const self = (await findNames(context, [userId])).get(userId) ?? 0;
  const suffix = `:${context.serverName}`;
  const rows = await context.database<{ userId: string; body: Uint8Array }[]>`
    SELECT found.user_id AS "userId", e.body FROM (
      SELECT DISTINCT ON (n.text) n.text AS user_id, s.shard, s.event
      FROM room_state own
      JOIN room_state s ON s.room = own.room AND s.type = 1 AND s.membership = ${membershipCodes.join}
        AND s.to_position = ${currentPosition}::bigint
      JOIN name n ON n.id = s.state_key
      WHERE own.state_key = ${self} AND own.type = 1 AND own.membership = ${membershipCodes.join}
        AND own.to_position = ${currentPosition}::bigint AND right(n.text, length(${suffix})) <> ${suffix}
      ORDER BY n.text, s.event DESC LIMIT ${most}
    ) found JOIN event e ON e.shard = found.shard AND e.position = found.event`;
  return rows.map((row) => {
    const { content } = JSON.parse(unpackEvent(row.body)) as Pdu;
    return {
      userId: row.userId,
      displayName: textOf(content['displayname']),
      avatarUrl: textOf(content['avatar_url']),
    };
  });
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
