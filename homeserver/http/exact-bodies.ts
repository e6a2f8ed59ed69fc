import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { mayHaveUnusualNumbers, parseExactly } from '@holdfast/protocol/json/exact-numbers.ts';

/** By the body as it was parsed: the same with its numbers as they were written. */
const exactBodies = new WeakMap<JsonObject, JsonObject>();

/** The body of another server's request as it was signed, which `body` is where it has no unusual numbers. */
export function noteExactBody(bytes: Uint8Array, body: JsonObject): JsonObject {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!mayHaveUnusualNumbers(buffer.toString('latin1'))) return body;
  const exact = parseExactly(buffer.toString('utf8')) as JsonObject;
  exactBodies.set(body, exact);
  return exact;
}

/** The texts of the values of an array of a body, where its numbers may not be written as they were read. */
export function exactTexts(body: JsonObject, arrayName: string): readonly string[] | undefined {
  const values = exactBodies.get(body)?.[arrayName];
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)) : undefined;
}
