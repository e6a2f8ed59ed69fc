import type { PushRuleChanges } from '@holdfast/protocol/push-rules/push-rule-changes.ts';
import type { Context } from '../../platform/context.ts';
import { currentPosition } from '../rooms/read-state.ts';

/** What users changed of the predefined push rules, by user id; those who changed nothing are left out. */
export async function readPushRuleChanges(
  context: Context,
  userIds: readonly string[],
): Promise<Map<string, PushRuleChanges>> {
  if (userIds.length === 0) return new Map();
  const rows = await context.database<{ userId: string; changes: string }[]>`
    SELECT user_id AS "userId", changes FROM push_rule_changes WHERE user_id = ANY(${userIds as string[]}::text[])`;
  return parseRows(rows);
}

/** As readPushRuleChanges, of the joined members of a room. */
export async function readPushRuleChangesInRoom(
  context: Context,
  roomNumber: number,
): Promise<Map<string, PushRuleChanges>> {
  const rows = await context.database<{ userId: string; changes: string }[]>`
    SELECT p.user_id AS "userId", p.changes
    FROM room_state s JOIN name m ON m.id = s.state_key JOIN push_rule_changes p ON p.user_id = m.text
    WHERE s.room = ${roomNumber} AND s.type = 1 AND s.membership = 1 AND s.to_position = ${currentPosition}`;
  return parseRows(rows);
}

function parseRows(rows: readonly { userId: string; changes: string }[]): Map<string, PushRuleChanges> {
  return new Map(rows.map((row) => [row.userId, JSON.parse(row.changes) as PushRuleChanges]));
}
