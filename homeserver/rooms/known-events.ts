import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { eventFlags, type StoredEvent } from '../storage/rooms/event-row.ts';

/** An event that is here, or about to be. */
export interface KnownEvent {
  readonly event: IdentifiedPdu;
  /** Of its row. */
  readonly position: number;
  readonly isRejected: boolean;
  /** Accepted: neither rejected nor soft-failed. */
  readonly isAccepted: boolean;
  /** Has a place in the room's history, and so a state before and after it. An outlier has none. */
  readonly isPlaced: boolean;
  /** Its content was taken away here. */
  readonly isPurged: boolean;
}

export function knownEventOf(stored: StoredEvent): KnownEvent {
  const { eventId, roomId, pdu, position, flags } = stored;
  return {
    event: { eventId, roomId, pdu },
    position,
    isRejected: (flags & eventFlags.rejected) !== 0,
    isAccepted: (flags & (eventFlags.rejected | eventFlags.softFailed)) === 0,
    isPlaced: (flags & eventFlags.outlier) === 0,
    isPurged: (flags & eventFlags.purged) !== 0,
  };
}
