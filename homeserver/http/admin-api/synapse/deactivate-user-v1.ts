import { closeAccount } from '../../../administration/users/change-account.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Closes an account for good. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND, M_FORBIDDEN (an administrator).
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#deactivate-account
 */
export const deactivateUserV1 = defineEndpoint({
  operation: 'deactivateUserV1',
  method: 'POST',
  path: '/_synapse/admin/v1/deactivate/{userId}',
  authentication: 'admin',
  body: { type: 'object', properties: { erase: { type: 'boolean' } } },
  async handle(context, { params, body }) {
    await closeAccount(context, params.userId, body.erase ?? false);
    return { id_server_unbind_result: 'success' };
  },
});
