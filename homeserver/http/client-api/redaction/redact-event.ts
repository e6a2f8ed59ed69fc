import { redactEvent as redact } from '../../../rooms/redact-event.ts';
import { serviceTimestamp, timestampQuery } from '../../chosen-timestamp.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Takes the content out of an event. Suspended users may redact what they sent themselves.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
 */
export const redactEvent = defineEndpoint({
  operation: 'redactEvent',
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}',
  authentication: 'user',
  rateLimit: 'message',
  query: timestampQuery,
  body: { type: 'object', properties: { reason: { type: 'string' } } },
  async handle(context, { requester, params: { roomId, eventId: redacts, txnId }, query, body }) {
    const { eventId } = await redact(context, {
      roomId,
      userId: requester.userId,
      redacts,
      content: body,
      ownOnly: requester.isSuspended,
      operation: 'redact',
      transaction: { deviceId: requester.deviceId, transactionId: txnId },
      originServerTs: serviceTimestamp(requester, query),
    });
    return { event_id: eventId };
  },
});
