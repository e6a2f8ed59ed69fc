import { getAccountData } from '../../../accounts/account-data.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { accountDataPlace } from './account-data-place.ts';

/**
 * Account data of a room. Errors: M_FORBIDDEN, M_INVALID_PARAM (no room id), M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype
 */
export const getAccountDataPerRoom = defineEndpoint({
  operation: 'getAccountDataPerRoom',
  method: 'GET',
  path: '/_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}',
  authentication: 'user',
  handle: async (context, { requester, params }) =>
    jsonText(await getAccountData(context, accountDataPlace(requester, params))),
});
