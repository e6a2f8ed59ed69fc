import { reportEvent as report } from '../../../rooms/reports/report.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/**
 * Reports an event to the administrators. Error: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreporteventid
 */
export const reportEvent = defineEndpoint({
  operation: 'reportEvent',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/report/{eventId}',
  authentication: 'user',
  rateLimit: 'report',
  body: { type: 'object', properties: { reason: plainText(10_000) } },
  async handle(context, { requester, params: { roomId, eventId }, body: { reason } }) {
    await report(context, requester.userId, { roomId, eventId }, reason);
    return {};
  },
});
