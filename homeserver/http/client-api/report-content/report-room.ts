import { reportRoom as report } from '../../../rooms/reports/report.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/**
 * Reports a room to the administrators. Error: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreport
 */
export const reportRoom = defineEndpoint({
  operation: 'reportRoom',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/report',
  authentication: 'user',
  rateLimit: 'report',
  body: { type: 'object', properties: { reason: plainText(10_000) }, required: ['reason'] },
  async handle(context, { requester, params: { roomId }, body: { reason } }) {
    await report(context, requester.userId, roomId, reason);
    return {};
  },
});
