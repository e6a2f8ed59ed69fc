import { viewHierarchy } from '../../../rooms/spaces/view-hierarchy.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The tree of a space with all rooms in it that this server is in, whoever may see them; other servers are not asked.
 * Errors: M_NOT_FOUND, M_INVALID_PARAM.
 * https://element-hq.github.io/synapse/latest/admin_api/rooms.html#room-hierarchy-endpoint
 */
export const viewHierarchyV1 = defineEndpoint({
  operation: 'viewHierarchyV1',
  method: 'GET',
  path: '/_synapse/admin/v1/rooms/{roomId}/hierarchy',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      suggested_only: { type: 'boolean' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
      max_depth: { type: 'integer', minimum: 0, maximum: 1_000 },
      from: { type: 'string', maxLength: 1_000 },
    },
  },
  async handle(context, { params: { roomId }, query }) {
    const { suggested_only: suggestedOnly = false, limit, max_depth: maxDepth, from } = query;
    return await viewHierarchy(context, 'administrator', { roomId, suggestedOnly, limit, maxDepth, from });
  },
});
