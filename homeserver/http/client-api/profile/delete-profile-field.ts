import { changeProfileField } from '../../../accounts/profiles.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireOwnUser } from '../../require-own-user.ts';

/**
 * Removes a field of the user's own profile; one that is not set is fine.
 * Errors: M_FORBIDDEN, M_INVALID_PARAM, M_KEY_TOO_LARGE, M_USER_SUSPENDED.
 * https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3profileuseridkeyname
 */
export const deleteProfileField = defineEndpoint({
  operation: 'deleteProfileField',
  method: 'DELETE',
  path: '/_matrix/client/v3/profile/{userId}/{keyName}',
  authentication: 'user',
  suspendedMayNotCall: true,
  async handle(context, { requester, params }) {
    requireOwnUser(requester, params.userId);
    await changeProfileField(context, params.userId, params.keyName);
    return {};
  },
});
