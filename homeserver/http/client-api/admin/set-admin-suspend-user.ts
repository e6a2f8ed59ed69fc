import { findModeratedAccount, setAccountFlags } from '../../../accounts/moderate-account.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Suspends a user, or undoes it. Errors: M_FORBIDDEN (also for administrators as target), M_INVALID_PARAM (of another
 * server), M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv1adminsuspenduserid
 */
export const setAdminSuspendUser = defineEndpoint({
  operation: 'setAdminSuspendUser',
  method: 'PUT',
  path: '/_matrix/client/v1/admin/suspend/{userId}',
  authentication: 'admin',
  body: { type: 'object', properties: { suspended: { type: 'boolean' } }, required: ['suspended'] },
  async handle(context, { params, body }) {
    await findModeratedAccount(context, params.userId);
    await setAccountFlags(context, params.userId, { isSuspended: body.suspended });
    return { suspended: body.suspended };
  },
});
