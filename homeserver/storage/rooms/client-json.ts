import { clientEventJson, clientEventOf } from '@holdfast/protocol/events/client-event.ts';
import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';

/** A redaction that takes nothing away, without the event that it names: clients must not apply it either. */
export function withoutTarget(redaction: Pdu): Pdu {
  const shown: Pdu = { ...redaction, content: { ...redaction.content } };
  delete shown.redacts;
  delete shown.content['redacts'];
  return shown;
}

/**
 * An event as clients see it, as JSON text without `room_id`, `unsigned` and the closing brace: what all readers
 * share, and to which each adds its own. `contentJson` is the content's JSON where it was printed already.
 */
export function clientJsonOf(rules: RoomVersionRules, eventId: string, pdu: Pdu, contentJson?: string): string {
  return clientEventJson(clientEventOf(pdu, eventId, rules, contentJson)).slice(0, -1);
}
