import type { ErrorCode } from '../errors/error-codes.ts';
import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { parseMemberCountTest } from './member-count-test.ts';
import type { PushAction, PushCondition, PushRuleKind, TweakValue } from './push-rule.ts';
import type { PushRuleProblem } from './push-rule-problem.ts';

/** Bounds of a single rule. Lengths are in UTF-16 units. */
export const maxConditions = 32;
export const maxActions = 16;
export const maxPatternLength = 512;
const maxKeyLength = 512;
const maxValueLength = 1024;
/** Of a whole condition whose kind is unknown, as JSON. */
const maxUnknownConditionLength = 2048;
const maxUnknownConditionDepth = 8;

/** What a client may set of a rule in PUT /pushrules/global/{kind}/{ruleId}. */
export interface PushRuleBody {
  readonly actions: readonly PushAction[];
  readonly conditions?: readonly PushCondition[];
  readonly pattern?: string;
}

export type ParsedPushRuleBody =
  | { readonly rule: PushRuleBody; readonly problem?: undefined }
  | { readonly problem: PushRuleProblem; readonly rule?: undefined };

export type ParsedPushActions =
  | { readonly actions: readonly PushAction[]; readonly problem?: undefined }
  | { readonly problem: PushRuleProblem; readonly actions?: undefined };

/**
 * Checks the body of a push rule. Only the members that belong to the kind are kept.
 * Problems: M_MISSING_PARAM without `actions` or a content rule's `pattern`, M_BAD_JSON for wrong types, M_INVALID_PARAM
 * for values out of bounds.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
 */
export function parsePushRuleBody(kind: PushRuleKind, body: JsonValue | undefined): ParsedPushRuleBody {
  if (!isObject(body)) return refuse('M_BAD_JSON', 'a push rule must be a JSON object');
  const parsed = parsePushActions(body.actions);
  if (parsed.problem) return { problem: parsed.problem };
  const { actions } = parsed;
  if (kind === 'content') {
    const problem = checkText(body.pattern, "'pattern'", maxPatternLength);
    if (problem) return { problem };
    if (body.pattern === '') return refuse('M_INVALID_PARAM', "'pattern' must not be empty");
    return { rule: { actions, pattern: body.pattern as string } };
  }
  if (kind === 'override' || kind === 'underride') return parseConditions(actions, body.conditions ?? []);
  return { rule: { actions } };
}

/**
 * Checks a rule's `actions`. The historical `dont_notify` and `coalesce` stay, for clients that set them look for them;
 * they mean nothing, as `notify` decides.
 * https://spec.matrix.org/v1.19/client-server-api/#actions
 */
export function parsePushActions(actions: JsonValue | undefined): ParsedPushActions {
  if (actions === undefined) return refuse('M_MISSING_PARAM', "'actions' is missing");
  if (!Array.isArray(actions)) return refuse('M_BAD_JSON', "'actions' must be an array");
  if (actions.length > maxActions) return refuse('M_INVALID_PARAM', `'actions' may have at most ${maxActions} entries`);
  const kept: PushAction[] = [];
  for (const action of actions) {
    if (action === 'notify' || action === 'dont_notify' || action === 'coalesce') kept.push(action);
    else if (isObject(action)) {
      const problem = checkTweak(action);
      if (problem) return { problem };
      const value = action.value as TweakValue | undefined;
      const name = action.set_tweak as string;
      kept.push(value === undefined ? { set_tweak: name } : { set_tweak: name, value });
    } else return refuse('M_INVALID_PARAM', "an action must be 'notify' or an object with 'set_tweak'");
  }
  return { actions: kept };
}

function checkTweak(action: JsonObject): PushRuleProblem | undefined {
  const problem = checkText(action.set_tweak, "'set_tweak'", maxKeyLength);
  if (problem) return problem;
  if (typeof action.value === 'object' && action.value !== null) {
    return { errcode: 'M_INVALID_PARAM', error: "a tweak's 'value' must be a string, a number, a boolean or null" };
  }
  return typeof action.value === 'string' ? checkText(action.value, "a tweak's 'value'", maxValueLength) : undefined;
}

function parseConditions(actions: readonly PushAction[], conditions: JsonValue): ParsedPushRuleBody {
  if (!Array.isArray(conditions)) return refuse('M_BAD_JSON', "'conditions' must be an array");
  if (conditions.length > maxConditions) {
    return refuse('M_INVALID_PARAM', `'conditions' may have at most ${maxConditions} entries`);
  }
  const kept: PushCondition[] = [];
  for (const condition of conditions) {
    if (!isObject(condition)) return refuse('M_BAD_JSON', 'a condition must be a JSON object');
    const problem = checkCondition(condition);
    if (problem) return { problem };
    kept.push(keepKnownMembers(condition as PushCondition));
  }
  return { rule: { actions, conditions: kept } };
}

/** https://spec.matrix.org/v1.19/client-server-api/#conditions-1 */
function checkCondition(condition: JsonObject): PushRuleProblem | undefined {
  const { kind, key, pattern, value, is } = condition;
  switch (kind) {
    case 'event_match':
      return checkText(key, "'key'", maxKeyLength) ?? checkText(pattern, "'pattern'", maxPatternLength);
    case 'event_property_is':
    case 'event_property_contains':
      return checkText(key, "'key'", maxKeyLength) ?? checkPropertyValue(value);
    case 'sender_notification_permission':
      return checkText(key, "'key'", maxKeyLength);
    case 'room_member_count': {
      const problem = checkText(is, "'is'", 32);
      if (problem || parseMemberCountTest(is as string)) return problem;
      return { errcode: 'M_INVALID_PARAM', error: "'is' must be a decimal integer after one of '', ==, <, >, <=, >=" };
    }
    case 'contains_display_name':
      return undefined;
    default:
      return (
        checkText(kind, "a condition's 'kind'", maxKeyLength) ??
        (isShallow(condition, maxUnknownConditionDepth) && JSON.stringify(condition).length <= maxUnknownConditionLength
          ? undefined
          : {
              errcode: 'M_INVALID_PARAM',
              error: `a condition may have at most ${maxUnknownConditionLength} characters and ${maxUnknownConditionDepth} levels`,
            })
      );
  }
}

const membersOfKind: Readonly<Record<string, readonly string[]>> = {
  event_match: ['key', 'pattern'],
  event_property_is: ['key', 'value'],
  event_property_contains: ['key', 'value'],
  sender_notification_permission: ['key'],
  room_member_count: ['is'],
  contains_display_name: [],
};

function keepKnownMembers(condition: PushCondition): PushCondition {
  if (!Object.hasOwn(membersOfKind, condition.kind)) return condition;
  const kept: JsonObject & { kind: string } = { kind: condition.kind };
  for (const name of membersOfKind[condition.kind] ?? []) kept[name] = condition[name];
  return kept;
}

function checkPropertyValue(value: JsonValue | undefined): PushRuleProblem | undefined {
  if (value === undefined) return { errcode: 'M_MISSING_PARAM', error: "'value' is missing" };
  if (value === null || typeof value === 'boolean' || Number.isSafeInteger(value)) return undefined;
  if (typeof value === 'string') return checkText(value, "'value'", maxValueLength);
  return { errcode: 'M_INVALID_PARAM', error: "'value' must be a string, an integer, a boolean or null" };
}

function checkText(value: JsonValue | undefined, name: string, maxLength: number): PushRuleProblem | undefined {
  if (value === undefined) return { errcode: 'M_MISSING_PARAM', error: `${name} is missing` };
  if (typeof value !== 'string') return { errcode: 'M_BAD_JSON', error: `${name} must be a string` };
  if (value.length <= maxLength) return undefined;
  return { errcode: 'M_INVALID_PARAM', error: `${name} may have at most ${maxLength} characters` };
}

/** Asked before anything recursive touches what a stranger nested. */
function isShallow(value: JsonValue | undefined, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1));
}

function refuse(errcode: ErrorCode, error: string): { readonly problem: PushRuleProblem } {
  return { problem: { errcode, error } };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
