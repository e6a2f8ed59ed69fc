import { changeAccount } from '../../../administration/users/change-account.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { defineEndpoint } from '../../endpoint.ts';

const path = '/_synapse/admin/v1/users/{userId}/admin';

/**
 * Whether a user is an administrator. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#get-whether-a-user-is-a-server-administrator-or-not
 */
export const getUserAdmin = defineEndpoint({
  operation: 'getUserAdmin',
  method: 'GET',
  path,
  authentication: 'admin',
  handle: async (context, { params }) => ({ admin: (await findOwnAccount(context, params.userId)).isAdmin }),
});

/** Gives or takes the rights. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND, M_FORBIDDEN (one's own). */
export const setUserAdmin = defineEndpoint({
  operation: 'setUserAdmin',
  method: 'PUT',
  path,
  authentication: 'admin',
  body: { type: 'object', properties: { admin: { type: 'boolean' } }, required: ['admin'] },
  async handle(context, { requester, params, body }) {
    await changeAccount(context, requester.userId, params.userId, { isAdmin: body.admin });
    return {};
  },
});
