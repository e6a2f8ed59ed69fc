import type { PushRuleChanges } from '@holdfast/protocol/push-rules/push-rule-changes.ts';
import type { Context } from '../../platform/context.ts';

/** What a user changed of the predefined push rules, and where in the log of the user's shard. */
export interface OwnPushRules {
  readonly changes: PushRuleChanges;
  readonly position: number;
}

/** Undefined for who never changed any. One query. */
export async function readOwnPushRules(context: Context, userId: string): Promise<OwnPushRules | undefined> {
  const rows = await context.database<{ changes: string; position: number }[]>`
    SELECT changes, position FROM push_rule_changes WHERE user_id = ${userId}`;
  const row = rows[0];
  return row && { changes: JSON.parse(row.changes) as PushRuleChanges, position: row.position };
}
