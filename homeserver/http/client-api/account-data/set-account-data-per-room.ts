import { setAccountData } from '../../../accounts/account-data.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { accountDataLimitBytes, accountDataPlace } from './account-data-place.ts';

/**
 * Stores account data of a room. Errors: M_FORBIDDEN, M_INVALID_PARAM (no room id), M_BAD_JSON (405: the server itself
 * sets this type).
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype
 */
export const setAccountDataPerRoom = defineEndpoint({
  operation: 'setAccountDataPerRoom',
  method: 'PUT',
  path: '/_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}',
  authentication: 'user',
  body: { type: 'object' },
  bodyLimitBytes: accountDataLimitBytes,
  async handle(context, { requester, params, body }) {
    await setAccountData(context, accountDataPlace(requester, params), body);
    return {};
  },
});
