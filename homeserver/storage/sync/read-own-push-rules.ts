import type { PushRuleChanges } from '@holdfast/protocol/push-rules/push-rule-changes.ts';
import type { Context } from '../../platform/context.ts';

/** What a user changed of the predefined push rules, and where in the log of the user's shard. */
export interface OwnPushRules {
  readonly changes: PushRuleChanges;
  readonly position: number;
  /** By shard: messages behind these positions are counted by these rules, those before by the predefined ones. */
  readonly countsFrom: readonly number[];
}

/** Undefined for who never changed any. One query. */
export async function readOwnPushRules(context: Context, userId: string): Promise<OwnPushRules | undefined> {
  const rows = await context.database<{ changes: string; position: number; countsFrom: string | null }[]>`
    SELECT changes, position, array_to_string(counts_from, ',') AS "countsFrom" FROM push_rule_changes WHERE user_id = ${userId}`;
  const row = rows[0];
  if (!row) return undefined;
  const countsFrom = row.countsFrom ? row.countsFrom.split(',').map(Number) : [];
  return { changes: JSON.parse(row.changes) as PushRuleChanges, position: row.position, countsFrom };
}
