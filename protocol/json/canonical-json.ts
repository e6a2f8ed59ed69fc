import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { isExactNumber } from './exact-numbers.ts';

/**
 * Strict: numbers must be integers in ±(2^53-1), as room version 6 and later and everything outside of events demand.
 * Not strict (room versions 1 to 5): any finite number.
 * https://spec.matrix.org/v1.19/appendices/#canonical-json
 */
export interface CanonicalJsonOptions {
  readonly strict: boolean;
}

const strictOptions: CanonicalJsonOptions = { strict: true };

/** What a JSON string cannot hold as it stands, and everything outside of printable ASCII. */
const unplainCharacter = /[^ !#-[\]-~]/;

/**
 * The one canonical text of a value. Members that are undefined are left out.
 * Values must have passed `checkCanonicalJson`: a number, a lone surrogate or a depth that it refuses throws a
 * TypeError or RangeError here, which is a bug of the caller.
 */
export function encodeCanonicalJson(value: JsonValue, options: CanonicalJsonOptions = strictOptions): string {
  return encodeValue(value, options.strict);
}

/** The canonical text of one string, quotes included. */
export function encodeCanonicalString(text: string): string {
  if (!unplainCharacter.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('A lone surrogate has no canonical JSON');
  // JSON.stringify escapes exactly what canonical JSON escapes, in the same shortest form.
  return JSON.stringify(text);
}

function encodeValue(value: JsonValue | undefined, strict: boolean): string {
  switch (typeof value) {
    case 'string':
      return encodeCanonicalString(value);
    case 'number':
      return encodeNumber(value, strict);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (!strict && isExactNumber(value)) return value.rawJSON;
      return Array.isArray(value) ? encodeArray(value, strict) : encodeObject(value, strict);
    default:
      throw new TypeError(`A value of type ${typeof value} has no canonical JSON`);
  }
}

function encodeNumber(value: number, strict: boolean): string {
  if (Number.isSafeInteger(value)) return `${value}`; // writes -0 as 0
  if (strict || !Number.isFinite(value)) throw new TypeError(`The number ${value} has no canonical JSON`);
  if (Number.isInteger(value)) return `${BigInt(value)}`;
  // Other servers hash small fractions as `1e-05`; below 0.0001 their shortest form has an exponent of two digits.
  if (Math.abs(value) >= 1e-4) return `${value}`;
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

function encodeArray(values: readonly JsonValue[], strict: boolean): string {
  let text = '[';
  for (let index = 0; index < values.length; index++) {
    if (index > 0) text += ',';
    text += encodeValue(values[index], strict);
  }
  return `${text}]`;
}

function encodeObject(object: JsonObject, strict: boolean): string {
  const keys = Object.keys(object);
  if (!isInOrder(keys)) keys.sort();
  let text = '';
  for (const key of keys) {
    // The order of UTF-16 code units, which `sort` gives, is the order of code points only while no key is odd.
    if (unplainCharacter.test(key)) return encodeObjectWithOddKeys(object, keys, strict);
    const value = object[key];
    if (value === undefined) continue;
    text += text === '' ? `"${key}":` : `,"${key}":`;
    text += encodeValue(value, strict);
  }
  return `{${text}}`;
}

function encodeObjectWithOddKeys(object: JsonObject, keys: string[], strict: boolean): string {
  return `{${keys
    .sort(compareCodePoints)
    .filter((key) => object[key] !== undefined)
    .map((key) => `${encodeCanonicalString(key)}:${encodeValue(object[key], strict)}`)
    .join(',')}}`;
}

function isInOrder(keys: readonly string[]): boolean {
  let previous = '';
  for (const key of keys) {
    if (key < previous) return false;
    previous = key;
  }
  return true;
}

/**
 * Orders texts by Unicode code point. Differs from `<` where a surrogate pair (U+10000 and above) meets a character
 * of U+E000 to U+FFFF, whose code unit is higher though its code point is lower.
 */
export function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const leftUnit = left.charCodeAt(index);
    const rightUnit = right.charCodeAt(index);
    if (leftUnit === rightUnit) continue;
    return rankCodeUnit(leftUnit) - rankCodeUnit(rightUnit);
  }
  return left.length - right.length;
}

/** Moves surrogates above all other code units. Equal high surrogates have been skipped, so units compare alone. */
function rankCodeUnit(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
