import { checkUserIdIsFree, chooseUserId } from '../../../accounts/choose-user-id.ts';
import { readHoldfastVersion } from '../../../platform/holdfast-version.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/**
 * What runs here. https://element-hq.github.io/synapse/latest/admin_api/version_api.html
 */
export const getServerVersion = defineEndpoint({
  operation: 'getServerVersion',
  method: 'GET',
  path: '/_synapse/admin/v1/server_version',
  authentication: 'admin',
  handle: async () => ({ server_version: `Holdfast ${await readHoldfastVersion()}` }),
});

/**
 * Whether a user name can be had, whatever the registration mode. Errors: M_USER_IN_USE, M_INVALID_USERNAME.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#check-username-availability
 */
export const getUsernameAvailable = defineEndpoint({
  operation: 'getUsernameAvailable',
  method: 'GET',
  path: '/_synapse/admin/v1/username_available',
  authentication: 'admin',
  query: { type: 'object', properties: { username: plainText(512) }, required: ['username'] },
  async handle(context, { query }) {
    await checkUserIdIsFree(context, chooseUserId(context, query.username));
    return { available: true };
  },
});
