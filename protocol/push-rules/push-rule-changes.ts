import type { JsonValue } from '../events/pdu.ts';
import { defaultPushRules, masterRuleId } from './default-push-rules.ts';
import { type PushRuleBody, parsePushRuleBody } from './parse-push-rule.ts';
import { rulePatternCost } from './pattern-cost.ts';
import {
  findPushRule,
  type PushAction,
  type PushRule,
  type PushRuleKind,
  type PushRuleset,
  pushRuleKinds,
} from './push-rule.ts';
import type { PushRuleProblem } from './push-rule-problem.ts';

/**
 * What a user changed of the push rules, and the form in which it is stored: own rules of each kind, the most important
 * first, and of predefined rules only what differs. So predefined rules that a later version of the specification adds
 * or changes reach everybody, and a user without changes is recognised by `hasPushRuleChanges`.
 */
export interface PushRuleChanges {
  readonly own: Readonly<Partial<Record<PushRuleKind, readonly OwnPushRule[]>>>;
  /** By rule id; these ids are unique across kinds. */
  readonly predefined: Readonly<Record<string, PredefinedRuleChange>>;
}

export interface OwnPushRule extends PushRuleBody {
  readonly ruleId: string;
  readonly enabled: boolean;
}

export interface PredefinedRuleChange {
  readonly enabled?: boolean;
  readonly actions?: readonly PushAction[];
}

export type PushRuleChangeResult =
  | { readonly changes: PushRuleChanges; readonly problem?: undefined }
  | { readonly problem: PushRuleProblem; readonly changes?: undefined };

export interface PushRulePlace {
  /** Rule id of an own rule of the same kind that the rule shall stand right above (more important). */
  readonly before?: string | undefined;
  /** Rule id of an own rule of the same kind that the rule shall stand right below. `before` wins over it. */
  readonly after?: string | undefined;
}

export const noPushRuleChanges: PushRuleChanges = { own: {}, predefined: {} };

/** Bounds of all own rules of a user together; the second one bounds what a message costs (see pattern-cost.ts). */
export const maxOwnRules = 1000;
export const maxOwnPatternCost = 128;
const maxRuleIdLength = 255;

/** Whose predefined rules these are does not matter where only ids, actions and enabled are looked at. */
const predefinedRules = defaultPushRules('');

/** Whether the rules of a user differ in any way from the predefined ones. */
export function hasPushRuleChanges(changes: PushRuleChanges): boolean {
  return (
    Object.keys(changes.predefined).length > 0 || pushRuleKinds.some((kind) => (changes.own[kind]?.length ?? 0) > 0)
  );
}

/**
 * The rules of a user as clients see them: own rules above the predefined ones, only .m.rule.master above all.
 * https://spec.matrix.org/v1.19/client-server-api/#predefined-rules
 */
export function mergePushRules(defaults: PushRuleset, changes: PushRuleChanges): PushRuleset {
  const merged = {} as Record<PushRuleKind, readonly PushRule[]>;
  for (const kind of pushRuleKinds) {
    const predefined = defaults[kind].map((rule) =>
      Object.hasOwn(changes.predefined, rule.rule_id) ? { ...rule, ...changes.predefined[rule.rule_id] } : rule,
    );
    const master = predefined.filter((rule) => rule.rule_id === masterRuleId);
    const others = predefined.filter((rule) => rule.rule_id !== masterRuleId);
    const own = (changes.own[kind] ?? []).map(toPushRule);
    merged[kind] = [...master, ...own, ...others];
  }
  return merged;
}

/**
 * Adds an own rule, or changes and perhaps moves the one with this id. A new rule is enabled and, without a place, the
 * most important own one of its kind; a rule that exists keeps its place and whether it is enabled.
 * Problems: those of `parsePushRuleBody`; M_INVALID_PARAM for a rule id that is not allowed or too many rules; M_UNKNOWN
 * when `before` or `after` is no other own rule of the kind.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
 */
export function putPushRule(
  changes: PushRuleChanges,
  kind: PushRuleKind,
  ruleId: string,
  body: JsonValue | undefined,
  place: PushRulePlace = {},
): PushRuleChangeResult {
  const problem = checkRuleId(ruleId);
  if (problem) return { problem };
  const parsed = parsePushRuleBody(kind, body);
  if (parsed.problem) return { problem: parsed.problem };
  const rules = changes.own[kind] ?? [];
  const oldIndex = rules.findIndex((rule) => rule.ruleId === ruleId);
  const others = rules.filter((rule) => rule.ruleId !== ruleId);
  const index = findPlace(others, place, oldIndex);
  if (index === undefined) {
    return refuse('M_UNKNOWN', `before/after rule not found: ${place.before ?? place.after}`);
  }
  const rule: OwnPushRule = { ruleId, enabled: rules[oldIndex]?.enabled ?? true, ...parsed.rule };
  const changed = withOwnRules(changes, kind, others.toSpliced(index, 0, rule));
  const excess = checkTotals(changed);
  return excess ? { problem: excess } : { changes: changed };
}

/** Removes an own rule. Problem: M_NOT_FOUND when there is none; predefined rules can only be disabled. */
export function deletePushRule(changes: PushRuleChanges, kind: PushRuleKind, ruleId: string): PushRuleChangeResult {
  const rules = changes.own[kind] ?? [];
  const rest = rules.filter((rule) => rule.ruleId !== ruleId);
  return rest.length === rules.length ? notFound : { changes: withOwnRules(changes, kind, rest) };
}

/** Enables or disables any rule. Problem: M_NOT_FOUND. */
export function setPushRuleEnabled(
  changes: PushRuleChanges,
  kind: PushRuleKind,
  ruleId: string,
  enabled: boolean,
): PushRuleChangeResult {
  return changeRule(changes, kind, ruleId, { enabled });
}

/** Changes the actions of any rule to ones that `parsePushActions` let through. Problem: M_NOT_FOUND. */
export function setPushRuleActions(
  changes: PushRuleChanges,
  kind: PushRuleKind,
  ruleId: string,
  actions: readonly PushAction[],
): PushRuleChangeResult {
  return changeRule(changes, kind, ruleId, { actions });
}

function changeRule(
  changes: PushRuleChanges,
  kind: PushRuleKind,
  ruleId: string,
  change: PredefinedRuleChange,
): PushRuleChangeResult {
  const predefined = findPushRule(predefinedRules, kind, ruleId);
  if (predefined !== undefined) return { changes: withPredefinedChange(changes, predefined, change) };
  const rules = changes.own[kind] ?? [];
  const index = rules.findIndex((rule) => rule.ruleId === ruleId);
  const rule = rules[index];
  if (rule === undefined) return notFound;
  return { changes: withOwnRules(changes, kind, rules.with(index, { ...rule, ...change })) };
}

function toPushRule({ ruleId, ...rule }: OwnPushRule): PushRule {
  return { rule_id: ruleId, default: false, ...rule };
}

/** Keeps of a predefined rule only what differs from its definition, and nothing when nothing does. */
function withPredefinedChange(changes: PushRuleChanges, rule: PushRule, change: PredefinedRuleChange): PushRuleChanges {
  const { enabled, actions } = { ...changes.predefined[rule.rule_id], ...change };
  const differing: PredefinedRuleChange = {
    ...(enabled !== undefined && enabled !== rule.enabled ? { enabled } : {}),
    ...(actions !== undefined && !haveSameActions(actions, rule.actions) ? { actions } : {}),
  };
  const { [rule.rule_id]: _, ...rest } = changes.predefined;
  const predefined = Object.keys(differing).length === 0 ? rest : { ...rest, [rule.rule_id]: differing };
  return { ...changes, predefined };
}

function haveSameActions(a: readonly PushAction[], b: readonly PushAction[]): boolean {
  const asText = (action: PushAction): string =>
    typeof action === 'string' ? action : JSON.stringify([action.set_tweak, action.value ?? null, 'value' in action]);
  return a.length === b.length && a.every((action, i) => asText(action) === asText(b[i] as PushAction));
}

/** The index of a rule among the others of its kind; undefined when the place names a rule that is not there. */
function findPlace(others: readonly OwnPushRule[], place: PushRulePlace, oldIndex: number): number | undefined {
  const anchor = place.before ?? place.after;
  if (anchor === undefined) return Math.max(oldIndex, 0);
  const index = others.findIndex((rule) => rule.ruleId === anchor);
  if (index === -1) return undefined;
  return place.before === undefined ? index + 1 : index;
}

function checkRuleId(ruleId: string): PushRuleProblem | undefined {
  if (ruleId.startsWith('.')) return invalid("rule ids that start with '.' are reserved for predefined rules");
  if (/[/\\]/.test(ruleId)) return invalid('rule ids must not contain slashes or backslashes');
  if (ruleId === '' || ruleId.length > maxRuleIdLength) {
    return invalid(`rule ids must have 1 to ${maxRuleIdLength} characters`);
  }
  return undefined;
}

function checkTotals(changes: PushRuleChanges): PushRuleProblem | undefined {
  const rules = pushRuleKinds.flatMap((kind) => changes.own[kind] ?? []);
  if (rules.length > maxOwnRules) return invalid(`a user may have at most ${maxOwnRules} push rules`);
  const cost = rules.reduce((sum, rule) => sum + rulePatternCost(rule), 0);
  if (cost <= maxOwnPatternCost) return undefined;
  return invalid(
    `the patterns of all push rules are too many: at most ${maxOwnPatternCost} of up to 32 characters; longer ones count as several`,
  );
}

function withOwnRules(changes: PushRuleChanges, kind: PushRuleKind, rules: readonly OwnPushRule[]): PushRuleChanges {
  return { ...changes, own: { ...changes.own, [kind]: rules } };
}

const notFound = refuse('M_NOT_FOUND', 'the push rule was not found');

function invalid(error: string): PushRuleProblem {
  return { errcode: 'M_INVALID_PARAM', error };
}

function refuse(
  errcode: PushRuleProblem['errcode'],
  error: string,
): { readonly problem: PushRuleProblem; readonly changes?: undefined } {
  return { problem: { errcode, error } };
}
