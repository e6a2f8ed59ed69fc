import { type CompiledCondition, compileCondition, compileEventMatch } from './compile-condition.ts';
import { bodyKey } from './pattern-cost.ts';
import type { PreparedPushEvent, PushContext } from './push-event.ts';
import type { PushRule, PushRuleset, TweakValue } from './push-rule.ts';

/** What the rules of a user say about an event. Shared between evaluations: not to be changed. */
export interface PushVerdict {
  readonly notify: boolean;
  /** Only ever true together with `notify`. */
  readonly highlight: boolean;
  /** The sound tweak, when there is one. */
  readonly sound?: string;
  /** All tweaks, as push gateways get them. */
  readonly tweaks: Readonly<Record<string, TweakValue>>;
  /** The rule that decided; undefined when none matched. */
  readonly ruleId: string | undefined;
}

interface CompiledRule {
  readonly conditions: readonly CompiledCondition[];
  readonly verdict: PushVerdict;
}

/** The enabled rules of a ruleset, ready to be asked. */
export interface CompiledPushRules {
  readonly override: readonly CompiledRule[];
  readonly content: readonly CompiledRule[];
  readonly room: ReadonlyMap<string, PushVerdict>;
  readonly sender: ReadonlyMap<string, PushVerdict>;
  readonly underride: readonly CompiledRule[];
}

const noVerdict: PushVerdict = Object.freeze({ notify: false, highlight: false, tweaks: {}, ruleId: undefined });

/** Compiles a ruleset: once for each change of a user's rules. */
export function compilePushRules(ruleset: PushRuleset): CompiledPushRules {
  return {
    override: compileRules(ruleset.override, compileConditions),
    content: compileRules(ruleset.content, compileContentPattern),
    room: verdictsById(ruleset.room),
    sender: verdictsById(ruleset.sender),
    underride: compileRules(ruleset.underride, compileConditions),
  };
}

/**
 * What a user's rules say about an event: the first enabled rule that matches decides, in the order of kinds and within
 * a kind. Never to be asked about a user's own events: those do not notify, whatever the rules say.
 * https://spec.matrix.org/v1.19/client-server-api/#push-rules
 */
export function evaluatePushRules(
  rules: CompiledPushRules,
  event: PreparedPushEvent,
  context: PushContext,
): PushVerdict {
  return (
    firstMatch(rules.override, event, context) ??
    firstMatch(rules.content, event, context) ??
    rules.room.get(event.event.room_id) ??
    rules.sender.get(event.event.sender) ??
    firstMatch(rules.underride, event, context) ??
    noVerdict
  );
}

function firstMatch(
  rules: readonly CompiledRule[],
  event: PreparedPushEvent,
  context: PushContext,
): PushVerdict | undefined {
  for (const { conditions, verdict } of rules) {
    if (conditions.every((condition) => condition(event, context))) return verdict;
  }
  return undefined;
}

function compileRules(
  rules: readonly PushRule[],
  compile: (rule: PushRule) => readonly CompiledCondition[] | undefined,
): readonly CompiledRule[] {
  const compiled: CompiledRule[] = [];
  for (const rule of rules) {
    const conditions = rule.enabled ? compile(rule) : undefined;
    if (conditions !== undefined) compiled.push({ conditions, verdict: verdictOf(rule) });
  }
  return compiled;
}

/** Undefined when one of the conditions never matches, and so the rule neither. */
function compileConditions(rule: PushRule): readonly CompiledCondition[] | undefined {
  const compiled: CompiledCondition[] = [];
  for (const condition of rule.conditions ?? []) {
    const one = compileCondition(condition);
    if (one === undefined) return undefined;
    compiled.push(one);
  }
  return compiled;
}

function compileContentPattern(rule: PushRule): readonly CompiledCondition[] | undefined {
  return rule.pattern === undefined ? undefined : [compileEventMatch(bodyKey, rule.pattern)];
}

function verdictsById(rules: readonly PushRule[]): ReadonlyMap<string, PushVerdict> {
  return new Map(rules.filter((rule) => rule.enabled).map((rule) => [rule.rule_id, verdictOf(rule)]));
}

function verdictOf(rule: PushRule): PushVerdict {
  const notify = rule.actions.includes('notify');
  const tweaks: Record<string, TweakValue> = Object.create(null);
  for (const action of rule.actions) {
    if (typeof action === 'object') tweaks[action.set_tweak] = action.value === undefined ? true : action.value;
  }
  const { sound } = tweaks;
  return Object.freeze({
    notify,
    highlight: notify && tweaks.highlight === true,
    ...(typeof sound === 'string' ? { sound } : {}),
    tweaks: Object.freeze(tweaks),
    ruleId: rule.rule_id,
  });
}
