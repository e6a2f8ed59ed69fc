import { findModeratedAccount, setAccountFlags } from '../../../accounts/moderate-account.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Locks a user, or undoes it. Errors: M_FORBIDDEN (also for administrators as target), M_INVALID_PARAM (of another
 * server), M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv1adminlockuserid
 */
export const setAdminLockUser = defineEndpoint({
  operation: 'setAdminLockUser',
  method: 'PUT',
  path: '/_matrix/client/v1/admin/lock/{userId}',
  authentication: 'admin',
  body: { type: 'object', properties: { locked: { type: 'boolean' } }, required: ['locked'] },
  async handle(context, { params, body }) {
    await findModeratedAccount(context, params.userId);
    await setAccountFlags(context, params.userId, { isLocked: body.locked });
    return { locked: body.locked };
  },
});
