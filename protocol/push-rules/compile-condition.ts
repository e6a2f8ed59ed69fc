import type { JsonValue } from '../events/pdu.ts';
import { foldCase } from '../globs/fold-case.ts';
import { parsePropertyPath } from '../property-paths/property-path.ts';
import { compileTextPattern } from './compile-text-pattern.ts';
import { mayNotify } from './may-notify.ts';
import { parseMemberCountTest } from './member-count-test.ts';
import { bodyKey } from './pattern-cost.ts';
import {
  type PreparedPushEvent,
  type PropertyPath,
  type PushContext,
  readFoldedText,
  readPushValue,
} from './push-event.ts';
import type { PushCondition } from './push-rule.ts';

export type CompiledCondition = (event: PreparedPushEvent, context: PushContext) => boolean;

/**
 * Compiles a condition, or undefined for one that never matches: of an unknown kind, or without what its kind requires.
 * https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export function compileCondition(condition: PushCondition): CompiledCondition | undefined {
  const { kind, key, pattern, value, is } = condition;
  switch (kind) {
    case 'event_match':
      return typeof key === 'string' && typeof pattern === 'string' ? compileEventMatch(key, pattern) : undefined;
    case 'event_property_is':
      return typeof key === 'string' && isScalar(value) ? compilePropertyIs(key, value) : undefined;
    case 'event_property_contains':
      return typeof key === 'string' && isScalar(value) ? compilePropertyContains(key, value) : undefined;
    case 'room_member_count': {
      const test = typeof is === 'string' ? parseMemberCountTest(is) : undefined;
      return test && ((_event, context) => test(context.memberCount));
    }
    case 'sender_notification_permission':
      return typeof key === 'string' ? (_event, context) => mayNotify(context, key) : undefined;
    case 'contains_display_name':
      return containsDisplayName;
    default:
      return undefined;
  }
}

/** A glob over the whole value; over parts at word boundaries only for the body of a message. */
export function compileEventMatch(key: string, pattern: string): CompiledCondition {
  const path = propertyPath(key);
  const isBody = path.names.length === 2 && path.names[0] === 'content' && path.names[1] === 'body';
  const matches = compileTextPattern(foldCase(pattern), { match: isBody ? 'words' : 'whole' });
  return (event) => {
    const text = readFoldedText(event, path);
    return text !== undefined && matches(event, text);
  };
}

function compilePropertyIs(key: string, value: JsonValue): CompiledCondition {
  const path = propertyPath(key);
  return (event) => readPushValue(event, path) === value;
}

function compilePropertyContains(key: string, value: JsonValue): CompiledCondition {
  const path = propertyPath(key);
  return (event) => {
    const list = readPushValue(event, path);
    return Array.isArray(list) && list.includes(value);
  };
}

const bodyPath = propertyPath(bodyKey);

/** The name comes with each user and room, so it cannot be compiled before; without a name nothing matches. */
function containsDisplayName(event: PreparedPushEvent, context: PushContext): boolean {
  const body = readFoldedText(event, bodyPath);
  if (body === undefined || !context.displayName) return false;
  return compileTextPattern(foldCase(context.displayName), { match: 'words', wildcards: 'none' })(event, body);
}

function propertyPath(key: string): PropertyPath {
  return { key, names: parsePropertyPath(key) };
}

function isScalar(value: JsonValue | undefined): value is null | boolean | number | string {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return value === null || typeof value === 'boolean' || typeof value === 'string';
}
