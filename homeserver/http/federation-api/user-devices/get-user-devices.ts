import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { readOwnDeviceList } from '../../../devices/read-own-device-list.ts';
import { isUserOfServer } from '../../../rooms/server-of-user.ts';
import { readAccount } from '../../../storage/accounts/read-accounts.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * All devices of a user of this server that have keys, as of one update of the list. Errors: M_INVALID_PARAM for a user of
 * another server, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1userdevicesuserid
 */
export const getUserDevices = defineEndpoint({
  operation: 'getUserDevices',
  method: 'GET',
  path: '/_matrix/federation/v1/user/devices/{userId}',
  authentication: 'server',
  async handle(context, { params: { userId } }) {
    if (!isUserOfServer(userId, context.serverName)) {
      throw new MatrixError('M_INVALID_PARAM', 'This is not a user of this server');
    }
    if (!(await readAccount(context.database, userId))) throw new MatrixError('M_NOT_FOUND', 'There is no such user');
    const { streamId, devices, masterKey, selfSigningKey } = await readOwnDeviceList(context, userId);
    return {
      user_id: userId,
      stream_id: streamId,
      devices: devices.map(({ deviceId, displayName, keys }) => ({
        device_id: deviceId,
        keys,
        ...(displayName !== null && { device_display_name: displayName }),
      })),
      ...(masterKey && { master_key: masterKey }),
      ...(selfSigningKey && { self_signing_key: selfSigningKey }),
    };
  },
});
