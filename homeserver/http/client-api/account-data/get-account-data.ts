import { getAccountData as find } from '../../../accounts/account-data.ts';
import { readPushRules } from '../../../accounts/push-rules.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { accountDataPlace } from './account-data-place.ts';

/**
 * Global account data. Errors: M_FORBIDDEN, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridaccount_datatype
 */
export const getAccountData = defineEndpoint({
  operation: 'getAccountData',
  method: 'GET',
  path: '/_matrix/client/v3/user/{userId}/account_data/{type}',
  authentication: 'user',
  async handle(context, { requester, params }) {
    const place = accountDataPlace(requester, params);
    // Kept in a form of its own, but account data to clients.
    if (place.type === 'm.push_rules') return { global: await readPushRules(context, place.userId) };
    return jsonText(await find(context, place));
  },
});
