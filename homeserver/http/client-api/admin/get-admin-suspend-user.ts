import { findModeratedAccount } from '../../../accounts/moderate-account.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whether a user is suspended. Errors: M_FORBIDDEN, M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1adminsuspenduserid
 */
export const getAdminSuspendUser = defineEndpoint({
  operation: 'getAdminSuspendUser',
  method: 'GET',
  path: '/_matrix/client/v1/admin/suspend/{userId}',
  authentication: 'admin',
  handle: async (context, { params }) => ({
    suspended: (await findModeratedAccount(context, params.userId)).isSuspended,
  }),
});
