import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { readFilter } from '../../../storage/accounts/read-filters.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { requireOwnUser } from '../../require-own-user.ts';

/**
 * A stored filter as it was sent. Errors: M_FORBIDDEN, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridfilterfilterid
 */
export const getFilter = defineEndpoint({
  operation: 'getFilter',
  method: 'GET',
  path: '/_matrix/client/v3/user/{userId}/filter/{filterId}',
  authentication: 'user',
  async handle(context, { requester, params }) {
    requireOwnUser(requester, params.userId);
    const definition = await readFilter(context.database, params.userId, params.filterId);
    if (definition === undefined) throw new MatrixError('M_NOT_FOUND', 'There is no such filter');
    return jsonText(definition);
  },
});
