import { defineEndpoint } from '../../endpoint.ts';
import { findRegistrationToken, formatRegistrationToken } from './find-registration-token.ts';

/**
 * One registration token. Error: M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/usage/administration/admin_api/registration_tokens.html
 */
export const getRegistrationToken = defineEndpoint({
  operation: 'getRegistrationToken',
  method: 'GET',
  path: '/_synapse/admin/v1/registration_tokens/{token}',
  authentication: 'admin',
  handle: async (context, { params }) => formatRegistrationToken(await findRegistrationToken(context, params.token)),
});
