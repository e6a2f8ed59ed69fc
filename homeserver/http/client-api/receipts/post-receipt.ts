import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { setReceipt } from '../../../ephemeral/set-receipt.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { setFullyRead } from '../read-markers/set-fully-read.ts';

/**
 * Says up to where a user has read.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid
 */
export const postReceipt = defineEndpoint({
  operation: 'postReceipt',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}',
  authentication: 'user',
  body: { type: 'object' },
  async handle(context, { requester: { userId }, params: { roomId, receiptType, eventId }, body }) {
    const threadId = Object.hasOwn(body, 'thread_id') ? parseThreadId(body['thread_id']) : undefined;
    switch (receiptType) {
      case 'm.fully_read':
        if (threadId !== undefined) throw invalid('m.fully_read cannot be threaded');
        await setFullyRead(context, userId, roomId, eventId);
        return {};
      case 'm.read':
      case 'm.read.private': {
        const receipt = { type: receiptType, eventId, ...(threadId !== undefined && { threadId }) } as const;
        await setReceipt(context, { roomId, userId }, receipt);
        return {};
      }
      default:
        throw invalid('The receipt type must be m.read, m.read.private or m.fully_read');
    }
  },
});

function parseThreadId(value: JsonValue | undefined): string {
  if (typeof value === 'string' && value !== '' && value.length <= 255) return value;
  throw invalid('thread_id must be a non-empty string');
}

function invalid(message: string): MatrixError {
  return new MatrixError('M_INVALID_PARAM', message);
}
