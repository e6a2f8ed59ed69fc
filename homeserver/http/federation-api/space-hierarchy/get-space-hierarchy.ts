import { tellHierarchy } from '../../../rooms/spaces/view-hierarchy.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * A space and its children, as far as this server is in them and the asking one could get to see them. Error:
 * M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1hierarchyroomid
 */
export const getSpaceHierarchy = defineEndpoint({
  operation: 'getSpaceHierarchy',
  method: 'GET',
  path: '/_matrix/federation/v1/hierarchy/{roomId}',
  authentication: 'server',
  query: { type: 'object', properties: { suggested_only: { type: 'boolean' } } },
  async handle(context, { requester, params: { roomId }, query }) {
    return await tellHierarchy(context, requester.serverName, roomId, query.suggested_only ?? false);
  },
});
