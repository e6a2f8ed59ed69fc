import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { readEventById } from '../../storage/rooms/read-events.ts';
import { membershipIn } from '../hot-room.ts';
import { knownEventOf } from '../known-events.ts';
import type { ReceivedOutcome } from '../receive-events.ts';

/**
 * Throws M_FORBIDDEN unless a member event that was given to `receiveEvents` is part of the room. 'known' says only that
 * an event with this id was here before: it may have been refused then, and where senders choose the ids (room versions 1
 * and 2) it may be another one.
 */
export async function requireAccepted(
  context: Context,
  event: IdentifiedPdu,
  outcome: ReceivedOutcome | undefined,
): Promise<void> {
  if (outcome?.outcome === 'accepted') return;
  if (outcome?.outcome === 'known' && (await isAcceptedAlready(context, event))) return;
  throw new MatrixError('M_FORBIDDEN', outcome?.reason ?? 'The room does not allow this');
}

async function isAcceptedAlready(context: Context, { eventId, roomId, pdu }: IdentifiedPdu): Promise<boolean> {
  const stored = await readEventById(context, eventId);
  if (!stored || stored.roomId !== roomId) return false;
  const { isAccepted, isPlaced } = knownEventOf(stored);
  const { type, state_key: stateKey } = stored.pdu;
  const isSame = type === pdu.type && stateKey === pdu.state_key && membershipIn(stored.pdu) === membershipIn(pdu);
  return isAccepted && isPlaced && isSame;
}
