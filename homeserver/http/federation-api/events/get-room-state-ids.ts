import { tellStateIds } from '../../../rooms/history/tell-state.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { eventIdSchema } from '../event-id-schemas.ts';

/**
 * The ids of the state before an event, and of the events that give it its authority. Errors: M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1state_idsroomid
 */
export const getRoomStateIds = defineEndpoint({
  operation: 'getRoomStateIds',
  method: 'GET',
  path: '/_matrix/federation/v1/state_ids/{roomId}',
  authentication: 'server',
  isHeavy: true,
  query: { type: 'object', properties: { event_id: eventIdSchema }, required: ['event_id'] },
  async handle(context, { requester, params: { roomId }, query: { event_id: eventId } }) {
    const { stateIds, authChainIds } = await tellStateIds(context, requester.serverName, roomId, eventId);
    return { pdu_ids: stateIds, auth_chain_ids: authChainIds };
  },
});
