import { deleteDevices } from '../../../accounts/delete-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireDevice } from '../../require-device.ts';

/**
 * Ends the session and deletes its device.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logout
 */
export const logout = defineEndpoint({
  operation: 'logout',
  method: 'POST',
  path: '/_matrix/client/v3/logout',
  authentication: 'user',
  lockedMayCall: true,
  async handle(context, { requester }) {
    await deleteDevices(context, { userId: requester.userId, deviceIds: [requireDevice(requester)] });
    return {};
  },
});
