import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';

/** What a local user's own settings have to do with member events about the user. */
export interface MemberFacts {
  /** `displayname` and `avatar_url`, those that are set. */
  readonly profile: JsonObject;
  /** https://spec.matrix.org/v1.19/client-server-api/#invite-permission */
  readonly blocksInvites: boolean;
}

interface FactRow {
  readonly userId: string;
  readonly name: string;
  readonly value: string;
}

const noFacts: MemberFacts = { profile: {}, blocksInvites: false };

/** The facts of users, by user id. One query however many. */
export async function readMemberFacts(
  context: Context,
  userIds: readonly string[],
): Promise<(userId: string) => MemberFacts> {
  const facts = new Map<string, { profile: JsonObject; blocksInvites: boolean }>();
  if (userIds.length === 0) return () => noFacts;
  const rows = await context.database.unsafe<FactRow[]>(
    `SELECT user_id AS "userId", name, value FROM profile_field
     WHERE user_id = ANY($1::text[]) AND name IN ('displayname', 'avatar_url')
     UNION ALL
     SELECT user_id, type, content FROM account_data
     WHERE user_id = ANY($1::text[]) AND room_id = '' AND type = 'm.invite_permission_config' AND content IS NOT NULL`,
    [userIds as string[]],
    { prepare: true },
  );
  for (const { userId, name, value } of rows) {
    const known = facts.get(userId) ?? { profile: {}, blocksInvites: false };
    facts.set(userId, known);
    const parsed = JSON.parse(value) as JsonValue;
    if (name !== 'm.invite_permission_config') known.profile[name] = parsed;
    else known.blocksInvites = (parsed as JsonObject)['default_action'] === 'block';
  }
  return (userId) => facts.get(userId) ?? noFacts;
}
