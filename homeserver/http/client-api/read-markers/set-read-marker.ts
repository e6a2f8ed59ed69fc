import { setReceipt } from '../../../ephemeral/set-receipt.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { setFullyRead } from './set-fully-read.ts';

const eventId = { type: 'string', maxLength: 255 } as const;

/**
 * Moves the fully read marker and read receipts, each where it is given.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidread_markers
 */
export const setReadMarker = defineEndpoint({
  operation: 'setReadMarker',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/read_markers',
  authentication: 'user',
  body: {
    type: 'object',
    properties: { 'm.fully_read': eventId, 'm.read': eventId, 'm.read.private': eventId },
  },
  async handle(context, { requester: { userId }, params: { roomId }, body }) {
    const marker = body['m.fully_read'];
    if (marker !== undefined) await setFullyRead(context, userId, roomId, marker);
    for (const type of ['m.read', 'm.read.private'] as const) {
      const read = body[type];
      if (read !== undefined) await setReceipt(context, { roomId, userId }, { type, eventId: read });
    }
    return {};
  },
});
