import { encodeCanonicalJson } from '../json/canonical-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { JsonObject, Pdu } from './pdu.ts';

/** An event as canonical JSON: the form that is measured, stored and sent to other servers. */
export function encodePdu(event: Pdu, rules: RoomVersionRules): string {
  return encodeCanonicalJson(event as unknown as JsonObject, { strict: rules.strictCanonicalJson });
}
