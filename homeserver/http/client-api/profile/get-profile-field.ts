import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkFieldName, getProfile } from '../../../accounts/profiles.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * One field of a user's profile. Errors: M_NOT_FOUND (no such user, or not set), M_INVALID_PARAM, M_KEY_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuseridkeyname
 */
export const getProfileField = defineEndpoint({
  operation: 'getProfileField',
  method: 'GET',
  path: '/_matrix/client/v3/profile/{userId}/{keyName}',
  authentication: 'none',
  async handle(context, { params }) {
    checkFieldName(params.keyName);
    const value = (await getProfile(context, params.userId))[params.keyName];
    if (value === undefined) throw new MatrixError('M_NOT_FOUND', 'This profile field is not set');
    return { [params.keyName]: value };
  },
});
