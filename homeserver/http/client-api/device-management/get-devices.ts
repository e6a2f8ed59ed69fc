import { readDevices } from '../../../storage/accounts/read-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatDevice } from './format-device.ts';

/**
 * The user's own devices.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3devices
 */
export const getDevices = defineEndpoint({
  operation: 'getDevices',
  method: 'GET',
  path: '/_matrix/client/v3/devices',
  authentication: 'user',
  handle: async (context, { requester }) => ({
    devices: (await readDevices(context.database, requester.userId)).map(formatDevice),
  }),
});
