import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * This server recommends no room's events, and says so as the specification asks of a server that is no policy server:
 * 404 M_UNRECOGNIZED. Asking those that are is in rooms/policy-servers/.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixpolicyv1sign
 */
export const askPolicyServerToSign = defineEndpoint({
  operation: 'askPolicyServerToSign',
  method: 'POST',
  path: '/_matrix/policy/v1/sign',
  authentication: 'server',
  body: { type: 'object' },
  handle() {
    throw new MatrixError('M_UNRECOGNIZED', 'This server is not a policy server', { status: 404 });
  },
});
