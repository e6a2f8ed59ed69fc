import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkFieldName, getLocalProfile } from '../../../accounts/profiles.ts';
import { isUserOfServer } from '../../../rooms/server-of-user.ts';
import { readAccount } from '../../../storage/accounts/read-accounts.ts';
import { askForUser } from '../../ask-appservices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The profile of a user of this server, or one field of it; fields that are not set are absent. Errors: M_INVALID_PARAM
 * for a user of another server, M_NOT_FOUND, also for users who are gone.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1queryprofile
 */
export const queryProfile = defineEndpoint({
  operation: 'queryProfile',
  method: 'GET',
  path: '/_matrix/federation/v1/query/profile',
  authentication: 'server',
  query: {
    type: 'object',
    properties: { user_id: { type: 'string', maxLength: 1_024 }, field: { type: 'string', maxLength: 1_024 } },
    required: ['user_id'],
  },
  async handle(context, { query: { user_id: userId, field } }) {
    if (!isUserOfServer(userId, context.serverName)) {
      throw new MatrixError('M_INVALID_PARAM', 'This is not a user of this server');
    }
    if (field !== undefined) checkFieldName(field);
    await askForUser(context, userId);
    const account = await readAccount(context.database, userId);
    if (!account || account.isDeactivated) throw new MatrixError('M_NOT_FOUND', 'There is no such user');
    const profile = await getLocalProfile(context, userId);
    if (field === undefined) return profile;
    return Object.hasOwn(profile, field) ? { [field]: profile[field] } : {};
  },
});
