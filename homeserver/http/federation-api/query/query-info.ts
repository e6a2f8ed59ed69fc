import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * A query of a type that is no operation of its own: an unknown endpoint, 404 M_UNRECOGNIZED.
 * https://spec.matrix.org/v1.19/server-server-api/#unsupported-endpoints
 */
export const queryInfo = defineEndpoint({
  operation: 'queryInfo',
  method: 'GET',
  path: '/_matrix/federation/v1/query/{queryType}',
  authentication: 'server',
  handle(_context, { params: { queryType } }) {
    throw new MatrixError('M_UNRECOGNIZED', `There is no query for '${queryType}'`, { status: 404 });
  },
});
