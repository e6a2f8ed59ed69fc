import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { changeProfileField, checkFieldName } from '../../../accounts/profiles.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireOwnUser } from '../../require-own-user.ts';

const fieldLimitBytes = 128 * 1024;

/**
 * Sets a field of the user's own profile. Errors: M_FORBIDDEN, M_MISSING_PARAM (the body lacks the field),
 * M_INVALID_PARAM, M_KEY_TOO_LARGE, M_PROFILE_TOO_LARGE, M_USER_SUSPENDED.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3profileuseridkeyname
 */
export const setProfileField = defineEndpoint({
  operation: 'setProfileField',
  method: 'PUT',
  path: '/_matrix/client/v3/profile/{userId}/{keyName}',
  authentication: 'user',
  suspendedMayNotCall: true,
  body: { type: 'object' },
  bodyLimitBytes: fieldLimitBytes,
  async handle(context, { requester, params, body }) {
    requireOwnUser(requester, params.userId);
    checkFieldName(params.keyName);
    const value = body[params.keyName];
    if (value === undefined) throw new MatrixError('M_MISSING_PARAM', `Missing ${params.keyName} in the body`);
    await changeProfileField(context, params.userId, params.keyName, value);
    return {};
  },
});
