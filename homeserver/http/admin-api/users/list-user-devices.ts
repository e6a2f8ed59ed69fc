import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readDevices } from '../../../storage/accounts/read-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** The devices of a user, each of which is a session. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND. */
export const listUserDevices = defineEndpoint({
  operation: 'listUserDevices',
  method: 'GET',
  path: '/_holdfast/v1/admin/users/{userId}/devices',
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await findOwnAccount(context, userId);
    const devices = await readDevices(context.database, userId);
    return {
      devices: devices.map(({ deviceId, displayName, createdMs, ...seen }) => ({
        ...{ device_id: deviceId, display_name: displayName, created_ts: createdMs },
        ...{ last_seen_ts: seen.lastSeenMs, last_seen_ip: seen.lastSeenAddress, last_seen_agent: seen.lastSeenAgent },
      })),
    };
  },
});
