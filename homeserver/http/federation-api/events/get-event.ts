import { transactionText } from '../../../rooms/history/pdu-texts.ts';
import { tellEvent } from '../../../rooms/history/tell-history.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * One event. Errors: M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1eventeventid
 */
export const getEvent = defineEndpoint({
  operation: 'getEvent',
  method: 'GET',
  path: '/_matrix/federation/v1/event/{eventId}',
  authentication: 'server',
  async handle(context, { requester, params: { eventId } }) {
    return jsonText(transactionText(context, [await tellEvent(context, requester.serverName, eventId)]));
  },
});
