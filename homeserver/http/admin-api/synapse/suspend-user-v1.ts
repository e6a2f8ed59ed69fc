import { changeAccount } from '../../../administration/users/change-account.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Suspends a user, or ends that. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND, M_FORBIDDEN (an administrator).
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#suspendunsuspend-account
 */
export const suspendUserV1 = defineEndpoint({
  operation: 'suspendUserV1',
  method: 'PUT',
  path: '/_synapse/admin/v1/suspend/{userId}',
  authentication: 'admin',
  body: { type: 'object', properties: { suspend: { type: 'boolean' } }, required: ['suspend'] },
  async handle(context, { requester, params: { userId }, body }) {
    await changeAccount(context, requester.userId, userId, { isSuspended: body.suspend });
    return { [`user_${userId}_suspended`]: body.suspend };
  },
});
