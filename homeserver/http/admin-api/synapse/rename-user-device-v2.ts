import { updateDevice } from '../../../accounts/update-device.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { deviceDisplayNameSchema } from '../../schemas.ts';

/**
 * Gives a device of a user another name. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#update-a-device
 */
export const renameUserDeviceV2 = defineEndpoint({
  operation: 'renameUserDeviceV2',
  method: 'PUT',
  path: '/_synapse/admin/v2/users/{userId}/devices/{deviceId}',
  authentication: 'admin',
  body: { type: 'object', properties: { display_name: deviceDisplayNameSchema } },
  async handle(context, { params: { userId, deviceId }, body }) {
    await findOwnAccount(context, userId);
    await updateDevice(context, { userId, deviceId, displayName: body.display_name ?? null });
    return {};
  },
});
