import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { isDeeperThan, maximumJsonDepth } from './json-depth.ts';

export type JsonProblemKind =
  | 'not-utf-8'
  | 'byte-order-mark'
  | 'too-deep'
  | 'not-json'
  | 'lone-surrogate'
  | 'not-an-object';

/** Why bytes were refused. All but `not-an-object` mean M_NOT_JSON; that one means M_BAD_JSON. */
export interface JsonProblem {
  readonly kind: JsonProblemKind;
  readonly message: string;
}

export type ParsedJson<Value> =
  | { readonly value: Value; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: JsonProblem };

export interface ParseJsonOptions {
  /** How many objects and arrays may be nested; 100 when left out. */
  readonly maximumDepth?: number;
}

const explanations: Record<JsonProblemKind, string> = {
  'not-utf-8': 'The body is not valid UTF-8',
  'byte-order-mark': 'The body begins with a byte order mark',
  'too-deep': 'Objects and arrays are nested too deeply',
  'not-json': 'The body is not valid JSON',
  'lone-surrogate': 'A string holds an escaped lone surrogate',
  'not-an-object': 'The body must be a JSON object',
};

const utf8Decoder = new TextDecoder('utf-8', { fatal: true });
const surrogateEscape = /\\u[dD][89a-fA-F]/;

/**
 * The JSON object that a request or reply carries. Bytes that are no UTF-8, begin with a byte order mark, nest deeper
 * than the bound or escape a lone surrogate are refused, for none of them could be stored and signed again.
 * A member named `__proto__` is an ordinary own member of the value; copy objects by spreading, never by assigning.
 */
export function parseJsonObject(bytes: Uint8Array, options: ParseJsonOptions = {}): ParsedJson<JsonObject> {
  const parsed = parseJson(bytes, options);
  if (parsed.problem !== undefined) return parsed;
  return isJsonObject(parsed.value) ? { value: parsed.value } : refuse('not-an-object');
}

/** Like `parseJsonObject`, for any JSON value. */
export function parseJson(bytes: Uint8Array, options: ParseJsonOptions = {}): ParsedJson<JsonValue> {
  // The decoder would drop a byte order mark silently.
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return refuse('byte-order-mark');
  if (isDeeperThan(bytes, options.maximumDepth ?? maximumJsonDepth)) return refuse('too-deep');
  let text: string;
  try {
    text = utf8Decoder.decode(bytes);
  } catch {
    return refuse('not-utf-8');
  }
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return refuse('not-json');
  }
  // The decoder let no raw surrogate through, so only an escape can have made a lone one.
  if (surrogateEscape.test(text) && !isWellFormedJson(value)) return refuse('lone-surrogate');
  return { value };
}

/** True for a JSON object: neither null nor an array nor a plain value. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWellFormedJson(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormedJson);
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormedJson(member));
}

function refuse(kind: JsonProblemKind): { problem: JsonProblem } {
  return { problem: { kind, message: explanations[kind] } };
}
