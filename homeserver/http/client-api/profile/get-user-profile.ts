import { getProfile } from '../../../accounts/profiles.ts';
import { askForUser } from '../../ask-appservices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * A user's whole profile. Error: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3profileuserid
 */
export const getUserProfile = defineEndpoint({
  operation: 'getUserProfile',
  method: 'GET',
  path: '/_matrix/client/v3/profile/{userId}',
  authentication: 'none',
  async handle(context, { params: { userId } }) {
    await askForUser(context, userId);
    return getProfile(context, userId);
  },
});
