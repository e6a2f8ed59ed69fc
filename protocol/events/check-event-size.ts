import { maximumIdentifierBytes, utf8ByteLength } from '../identifiers/identifier-text.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { Pdu } from './pdu.ts';

/** The largest event: bytes of its canonical JSON with hashes and signatures. */
export const maximumEventBytes = 65_536;

/** What is too large (answered with M_TOO_LARGE, dropped when it came from another server). */
export interface EventSizeProblem {
  readonly field: 'event' | 'sender' | 'room_id' | 'state_key' | 'type' | 'event_id';
  /** In bytes, or in characters where the room version counts those. */
  readonly size: number;
  readonly maximum: number;
  readonly message: string;
}

/** How a size is counted, with the word for it. */
type Measure = readonly [unit: 'bytes' | 'characters', sizeOf: (text: string) => number];

const inBytes: Measure = ['bytes', utf8ByteLength];
const inCharacters: Measure = ['characters', (text) => [...text].length];

/**
 * The first size limit that an event breaks, or undefined. `pduJson` is its canonical JSON.
 * https://spec.matrix.org/v1.19/client-server-api/#size-limits
 */
export function checkEventSize(
  event: Pdu,
  eventId: string,
  pduJson: string,
  rules: Pick<RoomVersionRules, 'fieldLimitsInCharacters'>,
): EventSizeProblem | undefined {
  const measure = rules.fieldLimitsInCharacters ? inCharacters : inBytes;
  return (
    checkSize('event', pduJson, maximumEventBytes, inBytes) ??
    checkSize('sender', event.sender, maximumIdentifierBytes, measure) ??
    checkSize('room_id', event.room_id, maximumIdentifierBytes, measure) ??
    checkSize('state_key', event.state_key, maximumIdentifierBytes, measure) ??
    checkSize('type', event.type, maximumIdentifierBytes, measure) ??
    checkSize('event_id', eventId, maximumIdentifierBytes, measure)
  );
}

function checkSize(
  field: EventSizeProblem['field'],
  text: string | undefined,
  maximum: number,
  [unit, sizeOf]: Measure,
): EventSizeProblem | undefined {
  // A UTF-16 code unit takes at most three bytes.
  if (text === undefined || text.length * 3 <= maximum) return undefined;
  const size = sizeOf(text);
  if (size <= maximum) return undefined;
  const subject = field === 'event' ? 'The event' : `The event's ${field}`;
  return { field, size, maximum, message: `${subject} has ${size} ${unit}, more than ${maximum}` };
}
