import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readDevice } from '../../../storage/accounts/read-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatSynapseDevice } from './user-devices-v2.ts';

/**
 * One device of a user. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#show-a-device
 */
export const getUserDeviceV2 = defineEndpoint({
  operation: 'getUserDeviceV2',
  method: 'GET',
  path: '/_synapse/admin/v2/users/{userId}/devices/{deviceId}',
  authentication: 'admin',
  async handle(context, { params: { userId, deviceId } }) {
    await findOwnAccount(context, userId);
    const device = await readDevice(context.database, userId, deviceId);
    if (!device) throw new MatrixError('M_NOT_FOUND', 'There is no such device');
    return formatSynapseDevice(userId, device);
  },
});
