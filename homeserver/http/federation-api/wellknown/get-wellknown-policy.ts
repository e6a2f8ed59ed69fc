import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The keys of a policy server, which this is not. Error: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixpolicy_server
 */
export const getWellknownPolicy = defineEndpoint({
  operation: 'getWellknownPolicy',
  method: 'GET',
  path: '/.well-known/matrix/policy_server',
  authentication: 'none',
  handle() {
    throw new MatrixError('M_NOT_FOUND', 'This server is not a policy server');
  },
});
