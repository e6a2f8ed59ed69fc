import { maximumIdentifierBytes, utf8ByteLength } from '../identifiers/identifier-text.ts';
import type { Pdu } from './pdu.ts';

/** The largest event: bytes of its canonical JSON with hashes and signatures. */
export const maximumEventBytes = 65_536;

/** What is too large (answered with M_TOO_LARGE, dropped when it came from another server). Sizes in bytes. */
export interface EventSizeProblem {
  readonly field: 'event' | 'sender' | 'room_id' | 'state_key' | 'type' | 'event_id';
  readonly sizeBytes: number;
  readonly maximumBytes: number;
  readonly message: string;
}

/**
 * The first size limit that an event breaks, or undefined. `pduJson` is its canonical JSON.
 * https://spec.matrix.org/v1.19/client-server-api/#size-limits
 */
export function checkEventSize(event: Pdu, eventId: string, pduJson: string): EventSizeProblem | undefined {
  return (
    checkSize('event', pduJson, maximumEventBytes) ??
    checkSize('sender', event.sender, maximumIdentifierBytes) ??
    checkSize('room_id', event.room_id, maximumIdentifierBytes) ??
    checkSize('state_key', event.state_key, maximumIdentifierBytes) ??
    checkSize('type', event.type, maximumIdentifierBytes) ??
    checkSize('event_id', eventId, maximumIdentifierBytes)
  );
}

function checkSize(
  field: EventSizeProblem['field'],
  text: string | undefined,
  maximumBytes: number,
): EventSizeProblem | undefined {
  // A UTF-16 code unit takes at most three bytes.
  if (text === undefined || text.length * 3 <= maximumBytes) return undefined;
  const sizeBytes = utf8ByteLength(text);
  if (sizeBytes <= maximumBytes) return undefined;
  const subject = field === 'event' ? 'The event' : `The event's ${field}`;
  return { field, sizeBytes, maximumBytes, message: `${subject} has ${sizeBytes} bytes, more than ${maximumBytes}` };
}
