import { defineEndpoint } from '../../endpoint.ts';

/**
 * How one can log in.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3login
 */
export const getLoginFlows = defineEndpoint({
  operation: 'getLoginFlows',
  method: 'GET',
  path: '/_matrix/client/v3/login',
  authentication: 'none',
  handle: () => ({
    flows: [
      { type: 'm.login.password' },
      { type: 'm.login.token', get_login_token: true },
      { type: 'm.login.application_service' },
    ],
  }),
});
