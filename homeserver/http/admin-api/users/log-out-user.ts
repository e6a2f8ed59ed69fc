import { deleteDevices } from '../../../accounts/delete-devices.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { deviceIdSchema } from '../../schemas.ts';

/**
 * Logs a user out on the given devices, or everywhere; encryption keys of these devices go too. Devices that the user
 * does not have are passed over. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 */
export const logOutUser = defineEndpoint({
  operation: 'logOutUser',
  method: 'POST',
  path: '/_holdfast/v1/admin/users/{userId}/log-out',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: { device_ids: { type: 'array', maxItems: 1_000, items: deviceIdSchema } },
  },
  async handle(context, { params: { userId }, body }) {
    await findOwnAccount(context, userId);
    await deleteDevices(context, { userId, deviceIds: body.device_ids ?? 'all' });
    return {};
  },
});
