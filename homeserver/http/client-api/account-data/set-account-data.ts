import { setAccountData as store } from '../../../accounts/account-data.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { accountDataLimitBytes, accountDataPlace } from './account-data-place.ts';

/**
 * Stores global account data. Errors: M_FORBIDDEN, M_BAD_JSON (405: the server itself sets this type).
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridaccount_datatype
 */
export const setAccountData = defineEndpoint({
  operation: 'setAccountData',
  method: 'PUT',
  path: '/_matrix/client/v3/user/{userId}/account_data/{type}',
  authentication: 'user',
  body: { type: 'object' },
  bodyLimitBytes: accountDataLimitBytes,
  async handle(context, { requester, params, body }) {
    await store(context, accountDataPlace(requester, params), body);
    return {};
  },
});
