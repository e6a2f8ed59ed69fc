import type { JsonObject, JsonValue } from '../events/pdu.ts';
import type { CanonicalJsonOptions } from './canonical-json.ts';
import { maximumJsonDepth } from './json-depth.ts';

export type CanonicalJsonProblemKind =
  | 'not-an-integer'
  | 'integer-out-of-range'
  | 'lone-surrogate'
  | 'too-deep'
  | 'not-json';

/** Why a value has no canonical JSON, and where: `content.body`, at most 200 characters. */
export interface CanonicalJsonProblem {
  readonly kind: CanonicalJsonProblemKind;
  readonly path: string;
  readonly message: string;
}

export interface CheckCanonicalJsonOptions extends CanonicalJsonOptions {
  /** How many objects and arrays may be nested. */
  readonly maximumDepth?: number;
}

interface Walk {
  readonly strict: boolean;
  readonly maximumDepth: number;
  /** Filled from the inside out once a problem is found. */
  readonly path: string[];
}

const maximumPathLength = 200;

const explanations: Record<CanonicalJsonProblemKind, string> = {
  'not-an-integer': 'Numbers must be integers',
  'integer-out-of-range': 'Integers must be between -(2^53-1) and 2^53-1',
  'lone-surrogate': 'Strings must not hold lone surrogates',
  'too-deep': 'Objects and arrays are nested too deeply',
  'not-json': 'Only JSON values are allowed',
};

/**
 * The first reason why a value must be refused before it is hashed or signed, or undefined when it is sound.
 * https://spec.matrix.org/v1.19/appendices/#canonical-json
 */
export function checkCanonicalJson(
  value: JsonValue,
  options: CheckCanonicalJsonOptions = { strict: true },
): CanonicalJsonProblem | undefined {
  const walk = { strict: options.strict, maximumDepth: options.maximumDepth ?? maximumJsonDepth, path: [] };
  const kind = checkValue(value, 0, walk);
  return kind && describeProblem(kind, walk.path);
}

function checkValue(value: JsonValue | undefined, depth: number, walk: Walk): CanonicalJsonProblemKind | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : 'lone-surrogate';
    case 'number':
      return checkNumber(value, walk.strict);
    case 'boolean':
      return undefined;
    case 'object':
      if (value === null) return undefined;
      if (depth >= walk.maximumDepth) return 'too-deep';
      return Array.isArray(value) ? checkArray(value, depth, walk) : checkObject(value, depth, walk);
    default:
      return 'not-json';
  }
}

function checkNumber(value: number, strict: boolean): CanonicalJsonProblemKind | undefined {
  if (Number.isSafeInteger(value)) return undefined;
  if (!Number.isFinite(value)) return 'integer-out-of-range'; // what 1e400 is parsed to
  if (!strict) return undefined;
  return Number.isInteger(value) ? 'integer-out-of-range' : 'not-an-integer';
}

function checkArray(values: readonly JsonValue[], depth: number, walk: Walk): CanonicalJsonProblemKind | undefined {
  for (let index = 0; index < values.length; index++) {
    const kind = checkValue(values[index], depth + 1, walk);
    if (kind === undefined) continue;
    walk.path.push(`[${index}]`);
    return kind;
  }
  return undefined;
}

function checkObject(object: JsonObject, depth: number, walk: Walk): CanonicalJsonProblemKind | undefined {
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    const kind = key.isWellFormed() ? checkValue(value, depth + 1, walk) : 'lone-surrogate';
    if (kind === undefined) continue;
    walk.path.push(`.${key.toWellFormed()}`);
    return kind;
  }
  return undefined;
}

function describeProblem(kind: CanonicalJsonProblemKind, reversedPath: readonly string[]): CanonicalJsonProblem {
  let path = reversedPath.toReversed().join('').replace(/^\./, '');
  if (path.length > maximumPathLength) path = `${path.slice(0, maximumPathLength - 1).toWellFormed()}…`;
  return { kind, path, message: path === '' ? explanations[kind] : `${explanations[kind]}: ${path}` };
}
