import { findModeratedAccount } from '../../../accounts/moderate-account.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whether a user is locked. Errors: M_FORBIDDEN, M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1adminlockuserid
 */
export const getAdminLockUser = defineEndpoint({
  operation: 'getAdminLockUser',
  method: 'GET',
  path: '/_matrix/client/v1/admin/lock/{userId}',
  authentication: 'admin',
  handle: async (context, { params }) => ({ locked: (await findModeratedAccount(context, params.userId)).isLocked }),
});
