import { transactionText } from '../../../rooms/history/pdu-texts.ts';
import { tellBackfill } from '../../../rooms/history/tell-history.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { eventIdsSchema } from '../event-id-schemas.ts';

/**
 * Events and those that came before them. Error: M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1backfillroomid
 */
export const backfillRoom = defineEndpoint({
  operation: 'backfillRoom',
  method: 'GET',
  path: '/_matrix/federation/v1/backfill/{roomId}',
  authentication: 'server',
  query: {
    type: 'object',
    properties: { v: eventIdsSchema(100), limit: { type: 'integer', minimum: 0 } },
    required: ['v', 'limit'],
  },
  async handle(context, { requester, params: { roomId }, query: { v: eventIds, limit } }) {
    const texts = await tellBackfill(context, requester.serverName, { roomId, eventIds, limit });
    return jsonText(transactionText(context, texts));
  },
});
