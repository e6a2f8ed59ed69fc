import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { verifyReceivedEvents } from '../../remote-servers/received-events/verify-received-events.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import type { ReceivedEvent } from '../received-event.ts';
import type { MadeMembership } from './make-membership.ts';

/**
 * The join with the signature of the server that let the user in, which a restricted room asks for. Throws
 * RemoteServerError when it is missing.
 */
export async function countersignedJoin(
  context: Context,
  server: string,
  { event, rules }: MadeMembership,
  returned: JsonObject | undefined,
): Promise<ReceivedEvent> {
  const own = { eventId: event.eventId, pduJson: event.pduJson };
  if (!rules.restrictedJoins || typeof event.pdu.content['join_authorised_via_users_server'] !== 'string') return own;
  const [verified] = returned ? await verifyReceivedEvents(context, rules, [returned]) : [];
  if (!verified || verified.problem || verified.eventId !== event.eventId) {
    throw new RemoteServerError('bad-answer', server, 'it did not countersign the join that it let in');
  }
  return { eventId: verified.eventId, pduJson: verified.pduJson };
}
