import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readDevices } from '../../../storage/accounts/read-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * From where a user's devices were last seen. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#query-current-sessions-for-a-user
 */
export const whoIsV1 = defineEndpoint({
  operation: 'whoIsV1',
  method: 'GET',
  path: '/_synapse/admin/v1/whois/{userId}',
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await findOwnAccount(context, userId);
    const devices = await readDevices(context.database, userId);
    const seen = devices.filter(({ lastSeenMs }) => lastSeenMs !== null);
    const connections = seen.map(({ lastSeenAddress, lastSeenMs, lastSeenAgent }) => ({
      ...{ ip: lastSeenAddress, last_seen: lastSeenMs, user_agent: lastSeenAgent },
    }));
    return { user_id: userId, devices: { '': { sessions: [{ connections }] } } };
  },
});
