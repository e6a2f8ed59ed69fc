import type { JsonObject } from '../events/pdu.ts';

/** The kinds of push rules in the order in which they are asked; the first rule that matches decides. */
export const pushRuleKinds = ['override', 'content', 'room', 'sender', 'underride'] as const;

export type PushRuleKind = (typeof pushRuleKinds)[number];

/** Condition kinds nobody knows are kept as they came and never match. */
export type PushCondition = JsonObject & { readonly kind: string };

export type TweakValue = string | number | boolean | null;

export type PushAction = string | { readonly set_tweak: string; readonly value?: TweakValue };

/**
 * A push rule as clients see it. `conditions` belongs to override and underride rules, `pattern` to content rules;
 * room and sender rules mean the room or user that is their id.
 * https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export interface PushRule {
  readonly rule_id: string;
  /** One of the specification's predefined rules. */
  readonly default: boolean;
  readonly enabled: boolean;
  readonly actions: readonly PushAction[];
  readonly conditions?: readonly PushCondition[];
  readonly pattern?: string;
}

/** Rules of each kind, the most important first. */
export type PushRuleset = Readonly<Record<PushRuleKind, readonly PushRule[]>>;

export function isPushRuleKind(text: string): text is PushRuleKind {
  return (pushRuleKinds as readonly string[]).includes(text);
}

/** The rule of a kind with an id, or undefined. */
export function findPushRule(ruleset: PushRuleset, kind: PushRuleKind, ruleId: string): PushRule | undefined {
  return ruleset[kind].find((rule) => rule.rule_id === ruleId);
}
