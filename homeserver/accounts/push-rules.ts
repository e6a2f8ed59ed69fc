import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { defaultPushRules } from '@holdfast/protocol/push-rules/default-push-rules.ts';
import type { PushAction, PushRuleKind, PushRuleset } from '@holdfast/protocol/push-rules/push-rule.ts';
import {
  deletePushRule,
  hasPushRuleChanges,
  mergePushRules,
  noPushRuleChanges,
  type PushRuleChangeResult,
  type PushRuleChanges,
  putPushRule,
  setPushRuleActions,
  setPushRuleEnabled,
} from '@holdfast/protocol/push-rules/push-rule-changes.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readPushRuleChanges } from '../storage/accounts/read-push-rule-changes.ts';
import { putPushRuleChanges } from '../storage/accounts/write-account-data.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountDataKey } from './account-data.ts';

/** One change of a user's push rules. */
export type PushRuleChange = { readonly kind: PushRuleKind; readonly ruleId: string } & (
  | { readonly what: 'put'; readonly rule: JsonObject; readonly before?: string; readonly after?: string }
  | { readonly what: 'delete' }
  | { readonly what: 'enable'; readonly enabled: boolean }
  | { readonly what: 'set-actions'; readonly actions: readonly PushAction[] }
);

interface ChangePushRulesInput {
  readonly userId: string;
  readonly change: PushRuleChange;
}

const type = 'm.push_rules';

export const changePushRulesCommand: Command<ChangePushRulesInput, null> = {
  name: 'change-push-rules',
  key: ({ userId }) => accountDataKey({ userId, roomId: '', type }),
  releases: 'committed',
  async decide(shard, { userId, change }) {
    const before = (await readPushRuleChanges(shard.context, [userId])).get(userId) ?? noPushRuleChanges;
    const { changes, problem } = applyChange(before, change);
    if (problem) throw new MatrixError(problem.errcode, problem.error);
    const content = { global: mergePushRules(defaultPushRules(userId), changes) } as unknown as JsonObject;
    // What came before has been counted by the predefined rules, and is by nobody else.
    const begins = !hasPushRuleChanges(before) && hasPushRuleChanges(changes);
    const countsFrom = begins ? shard.context.shardLog.tail.positions() : null;
    const committed = shard.append(1, (position) => ({
      entries: [{ kind: 'account-data', body: { userId, type, content } }],
      writes: [putPushRuleChanges(userId, JSON.stringify(changes), { shard: shard.id, position }, countsFrom)],
    }));
    return { result: null, committed };
  },
};

/** Changes a user's push rules. Throws what protocol/push-rules says of the change, such as M_NOT_FOUND. */
export async function changePushRules(context: Context, userId: string, change: PushRuleChange): Promise<void> {
  await context.shardLog.submit(changePushRulesCommand, shardOfUser(context, userId), { userId, change });
}

/** All rules of a user, the predefined ones with what the user changed of them. */
export async function readPushRules(context: Context, userId: string): Promise<PushRuleset> {
  const changes = (await readPushRuleChanges(context, [userId])).get(userId) ?? noPushRuleChanges;
  return mergePushRules(defaultPushRules(userId), changes);
}

function applyChange(before: PushRuleChanges, change: PushRuleChange): PushRuleChangeResult {
  const { kind, ruleId, what } = change;
  if (what === 'put') {
    return putPushRule(before, kind, ruleId, change.rule, { before: change.before, after: change.after });
  }
  if (what === 'delete') return deletePushRule(before, kind, ruleId);
  if (what === 'enable') return setPushRuleEnabled(before, kind, ruleId, change.enabled);
  return setPushRuleActions(before, kind, ruleId, change.actions);
}
