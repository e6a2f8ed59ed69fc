import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { readDevice } from '../../../storage/accounts/read-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatDevice } from './format-device.ts';

/**
 * One of the user's own devices. Error: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devicesdeviceid
 */
export const getDevice = defineEndpoint({
  operation: 'getDevice',
  method: 'GET',
  path: '/_matrix/client/v3/devices/{deviceId}',
  authentication: 'user',
  async handle(context, { requester, params }) {
    const device = await readDevice(context.database, requester.userId, params.deviceId);
    if (!device) throw new MatrixError('M_NOT_FOUND', 'There is no such device');
    return formatDevice(device);
  },
});
