import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { sendToDevice as sendMessagesToDevices } from '../../../devices/send-to-device.ts';
import { defineEndpoint } from '../../endpoint.ts';

const maxTypeLength = 255;

/**
 * Sends messages to devices, past all rooms.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid
 */
export const sendToDevice = defineEndpoint({
  operation: 'sendToDevice',
  method: 'PUT',
  path: '/_matrix/client/v3/sendToDevice/{eventType}/{txnId}',
  authentication: 'user',
  rateLimit: 'toDevice',
  body: {
    type: 'object',
    properties: {
      messages: {
        type: 'object',
        additionalProperties: { type: 'object', additionalProperties: { type: 'object' } },
      },
    },
    required: ['messages'],
  },
  async handle(context, { requester, params: { eventType, txnId }, body }) {
    if (eventType.length > maxTypeLength) throw new MatrixError('M_INVALID_PARAM', 'The event type is too long');
    await sendMessagesToDevices(context, {
      sender: requester.userId,
      deviceId: requester.deviceId,
      type: eventType,
      transactionId: txnId,
      messages: body.messages,
    });
    return {};
  },
});
