import { viewHierarchy } from '../../../rooms/spaces/view-hierarchy.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The tree of a space. Errors: M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidhierarchy
 */
export const getSpaceHierarchy = defineEndpoint({
  operation: 'getSpaceHierarchy',
  method: 'GET',
  path: '/_matrix/client/v1/rooms/{roomId}/hierarchy',
  authentication: 'user',
  query: {
    type: 'object',
    properties: {
      suggested_only: { type: 'boolean' },
      limit: { type: 'integer', minimum: 1 },
      max_depth: { type: 'integer', minimum: 0 },
      from: { type: 'string', maxLength: 1_000 },
    },
  },
  async handle(context, { requester, params: { roomId }, query }) {
    const { suggested_only: suggestedOnly = false, limit, max_depth: maxDepth, from } = query;
    return await viewHierarchy(context, { userId: requester.userId }, { roomId, suggestedOnly, limit, maxDepth, from });
  },
});
