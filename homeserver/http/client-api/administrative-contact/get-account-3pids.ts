import { defineEndpoint } from '../../endpoint.ts';

/**
 * The third-party identifiers of the user: none, since m.3pid_changes is disabled and nothing can add any.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3account3pid
 */
export const getAccount3PIDs = defineEndpoint({
  operation: 'getAccount3PIDs',
  method: 'GET',
  path: '/_matrix/client/v3/account/3pid',
  authentication: 'user',
  handle: () => ({ threepids: [] }),
});
