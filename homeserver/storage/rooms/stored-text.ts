import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { StoredUnsigned } from './event-row.ts';

/** A PDU's canonical text with what this server keeps beside it as its last member, as it is stored. */
export function storedText(pduJson: string, unsigned: StoredUnsigned): string {
  if (Object.keys(unsigned).length === 0) return pduJson;
  return `${pduJson.slice(0, -1)},"unsigned":${JSON.stringify(unsigned)}}`;
}

/** The stored text of a PDU whose own text is not at hand, or has changed. */
export function encodeStoredPdu(pdu: Pdu, rules: RoomVersionRules, unsigned: StoredUnsigned): string {
  return storedText(encodePdu(pdu, rules), unsigned);
}
