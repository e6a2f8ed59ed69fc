import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readAllAccountData } from '../../../storage/accounts/read-account-data.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * All account data of a user, global and of rooms. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#account-data
 */
export const getAccountDataV1 = defineEndpoint({
  operation: 'getAccountDataV1',
  method: 'GET',
  path: '/_synapse/admin/v1/users/{userId}/accountdata',
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await findOwnAccount(context, userId);
    const rows = await readAllAccountData(context.database, userId);
    const byRoom = Map.groupBy(rows, ({ roomId }) => roomId);
    // Put together as text: the contents are as the user stored them.
    const contents = (roomId: string) =>
      `{${(byRoom.get(roomId) ?? []).map(({ type, content }) => `${JSON.stringify(type)}:${content}`).join(',')}}`;
    const rooms = [...byRoom.keys()].filter((roomId) => roomId !== '');
    const ofRooms = rooms.map((roomId) => `${JSON.stringify(roomId)}:${contents(roomId)}`).join(',');
    return jsonText(`{"account_data":{"global":${contents('')},"rooms":{${ofRooms}}}}`);
  },
});
