import { sendMessageEvent } from '../../../rooms/send-event.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Sends a message event.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
 */
export const sendMessage = defineEndpoint({
  operation: 'sendMessage',
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}',
  authentication: 'user',
  rateLimit: 'message',
  suspendedMayNotCall: true,
  body: { type: 'object' },
  async handle(context, { requester: { userId, deviceId }, params: { roomId, eventType, txnId }, body }) {
    const { eventId } = await sendMessageEvent(context, {
      roomId,
      userId,
      type: eventType,
      content: body,
      transaction: { deviceId, transactionId: txnId },
    });
    return { event_id: eventId };
  },
});
