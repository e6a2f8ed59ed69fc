import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { redactEvent } from '../../../rooms/redact-event.ts';
import { sendMessageEvent } from '../../../rooms/send-event.ts';
import { serviceTimestamp, timestampQuery } from '../../chosen-timestamp.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Sends a message event. Redactions may be sent this way too.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
 */
export const sendMessage = defineEndpoint({
  operation: 'sendMessage',
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}',
  authentication: 'user',
  rateLimit: 'message',
  suspendedMayNotCall: true,
  query: timestampQuery,
  body: { type: 'object' },
  async handle(context, { requester, params: { roomId, eventType: type, txnId }, query, body }) {
    const { userId, deviceId } = requester;
    const originServerTs = serviceTimestamp(requester, query);
    const transaction = { deviceId, transactionId: txnId };
    if (type !== 'm.room.redaction') {
      const message = { roomId, userId, type, content: body, transaction, originServerTs };
      const { eventId } = await sendMessageEvent(context, message);
      return { event_id: eventId };
    }
    const { redacts, ...content } = body;
    if (typeof redacts !== 'string') throw new MatrixError('M_BAD_JSON', 'A redaction must name the event in redacts');
    const { eventId } = await redactEvent(context, {
      roomId,
      userId,
      redacts,
      content,
      operation: 'send',
      transaction,
      originServerTs,
    });
    return { event_id: eventId };
  },
});
