import { deleteRegistrationToken as deleteToken } from '../../../accounts/registration-tokens.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { findRegistrationToken } from './find-registration-token.ts';

/**
 * Takes a registration token back: nobody can register with it any more. Error: M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/usage/administration/admin_api/registration_tokens.html
 */
export const deleteRegistrationToken = defineEndpoint({
  operation: 'deleteRegistrationToken',
  method: 'DELETE',
  path: '/_synapse/admin/v1/registration_tokens/{token}',
  authentication: 'admin',
  async handle(context, { params }) {
    await findRegistrationToken(context, params.token);
    await deleteToken(context, params.token);
    return {};
  },
});
