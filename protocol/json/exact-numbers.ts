import type { JsonValue } from '../events/pdu.ts';

/** Stands in a parsed value for a number that a double would change, and is written as it came. */
export interface ExactNumber {
  readonly rawJSON: string;
}

interface RawJson {
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
  parse(text: string, revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
}

const { rawJSON, isRawJSON, parse } = JSON as unknown as RawJson;

/** More digits than a double holds for certain, a fraction or an exponent; in a string it may mean nothing. */
const unusualNumber = /[:,[]\s*-?\d*(?:\d{16}|\d[.eE])/;
const plainInteger = /^-?\d+$/;

/** Whether JSON text may hold numbers that are not written as they are read. Cheap, and true too often. */
export function mayHaveUnusualNumbers(text: string): boolean {
  return unusualNumber.test(text);
}

/**
 * Parses JSON text that is known to be sound, and keeps numbers as they are written where that is not how they would be
 * written again: in rooms of versions 1 to 5 events are hashed and signed with such numbers. Only for values that are
 * encoded again: `encodeCanonicalJson` (not strict) and `JSON.stringify` write them as they came.
 * https://spec.matrix.org/v1.19/rooms/v6/#canonical-json
 */
export function parseExactly(text: string): JsonValue {
  return parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined || source === `${value}`) return value;
    if (!Number.isFinite(value) || (Number.isSafeInteger(value) && plainInteger.test(source))) return value;
    return rawJSON(source);
  }) as JsonValue;
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return isRawJSON(value);
}
