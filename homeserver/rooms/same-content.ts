import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';

/** Whether two event contents are the same, in whatever order their members stand. */
export function isSameContent(one: JsonObject, other: JsonObject): boolean {
  return encodeCanonicalJson(one, { strict: false }) === encodeCanonicalJson(other, { strict: false });
}
