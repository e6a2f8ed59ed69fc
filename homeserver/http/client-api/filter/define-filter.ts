import { storeFilter } from '../../../accounts/filters.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireOwnUser } from '../../require-own-user.ts';

const filterLimitBytes = 64 * 1024;

/**
 * Stores a filter for later syncs; the same filter gives the same id. Errors: M_FORBIDDEN, M_BAD_JSON, M_INVALID_PARAM
 * (lists out of bounds), M_RESOURCE_LIMIT_EXCEEDED.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export const defineFilter = defineEndpoint({
  operation: 'defineFilter',
  method: 'POST',
  path: '/_matrix/client/v3/user/{userId}/filter',
  authentication: 'user',
  body: { type: 'object' },
  bodyLimitBytes: filterLimitBytes,
  async handle(context, { requester, params, body }) {
    requireOwnUser(requester, params.userId);
    return { filter_id: await storeFilter(context, params.userId, body) };
  },
});
