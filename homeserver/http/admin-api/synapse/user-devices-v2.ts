import { deleteDevices } from '../../../accounts/delete-devices.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { type DeviceRow, readDevices } from '../../../storage/accounts/read-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { deviceIdSchema } from '../../schemas.ts';

const base = '/_synapse/admin/v2/users/{userId}';

/**
 * The devices of a user. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#user-devices
 */
export const listUserDevicesV2 = defineEndpoint({
  operation: 'listUserDevicesV2',
  method: 'GET',
  path: `${base}/devices`,
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await findOwnAccount(context, userId);
    const devices = await readDevices(context.database, userId);
    return {
      devices: devices.map((device) => formatSynapseDevice(userId, device)),
      total: devices.length,
    };
  },
});

/** A device as other servers' admin API tells it. */
export function formatSynapseDevice(userId: string, device: DeviceRow) {
  return {
    ...{ user_id: userId, device_id: device.deviceId, display_name: device.displayName },
    ...{ last_seen_ts: device.lastSeenMs, last_seen_ip: device.lastSeenAddress },
    last_seen_user_agent: device.lastSeenAgent,
  };
}

/** Logs a user out on one device. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND (the user). */
export const deleteUserDeviceV2 = defineEndpoint({
  operation: 'deleteUserDeviceV2',
  method: 'DELETE',
  path: `${base}/devices/{deviceId}`,
  authentication: 'admin',
  async handle(context, { params: { userId, deviceId } }) {
    await findOwnAccount(context, userId);
    await deleteDevices(context, { userId, deviceIds: [deviceId] });
    return {};
  },
});

/** The same on several. */
export const deleteUserDevicesV2 = defineEndpoint({
  operation: 'deleteUserDevicesV2',
  method: 'POST',
  path: `${base}/delete_devices`,
  authentication: 'admin',
  body: {
    type: 'object',
    properties: { devices: { type: 'array', maxItems: 1_000, items: deviceIdSchema } },
    required: ['devices'],
  },
  async handle(context, { params: { userId }, body }) {
    await findOwnAccount(context, userId);
    await deleteDevices(context, { userId, deviceIds: body.devices });
    return {};
  },
});
