import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import {
  findPushRule,
  isPushRuleKind,
  type PushRule,
  type PushRuleKind,
} from '@holdfast/protocol/push-rules/push-rule.ts';
import { readPushRules } from '../../../accounts/push-rules.ts';
import type { Context } from '../../../platform/context.ts';

export const pushRuleLimitBytes = 64 * 1024;

/** The kind that a path names. Throws M_INVALID_PARAM. */
export function requireKind(kind: string): PushRuleKind {
  if (isPushRuleKind(kind)) return kind;
  throw new MatrixError('M_INVALID_PARAM', 'The kind must be one of override, content, room, sender and underride');
}

/**
 * One rule of a user, own or predefined. Throws M_NOT_FOUND, for a kind that does not exist, too: clients ask whether
 * there is one.
 */
export async function requirePushRule(
  context: Context,
  userId: string,
  params: { readonly kind: string; readonly ruleId: string },
): Promise<PushRule> {
  const { kind, ruleId } = params;
  const rule = isPushRuleKind(kind) ? findPushRule(await readPushRules(context, userId), kind, ruleId) : undefined;
  if (!rule) throw new MatrixError('M_NOT_FOUND', 'There is no such push rule');
  return rule;
}
