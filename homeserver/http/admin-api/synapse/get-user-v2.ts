import { describeAccount } from '../../../administration/users/describe-account.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatSynapseUser } from './format-synapse-user.ts';

/**
 * One account. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#query-user-account
 */
export const getUserV2 = defineEndpoint({
  operation: 'getUserV2',
  method: 'GET',
  path: '/_synapse/admin/v2/users/{userId}',
  authentication: 'admin',
  handle: async (context, { params }) => formatSynapseUser(await describeAccount(context, params.userId)),
});
