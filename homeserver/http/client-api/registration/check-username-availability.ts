import { checkUserIdIsFree, chooseUserId } from '../../../accounts/choose-user-id.ts';
import { checkNobodysUser } from '../../check-namespaces.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { checkRegistrationIsOpen } from './registration-flows.ts';

/**
 * Whether a user name can be had. Errors: M_USER_IN_USE, M_INVALID_USERNAME, M_EXCLUSIVE, M_FORBIDDEN (registration is closed).
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3registeravailable
 */
export const checkUsernameAvailability = defineEndpoint({
  operation: 'checkUsernameAvailability',
  method: 'GET',
  path: '/_matrix/client/v3/register/available',
  authentication: 'none',
  rateLimit: 'loginAddress',
  query: { type: 'object', properties: { username: plainText(512) }, required: ['username'] },
  async handle(context, { query }) {
    checkRegistrationIsOpen(context);
    const userId = chooseUserId(context, query.username);
    await checkUserIdIsFree(context, userId);
    checkNobodysUser(context, userId);
    return { available: true };
  },
});
