import { deleteDevices } from '../../../accounts/delete-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Ends all sessions of the user and deletes their devices.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3logoutall
 */
export const logoutAll = defineEndpoint({
  operation: 'logout_all',
  method: 'POST',
  path: '/_matrix/client/v3/logout/all',
  authentication: 'user',
  lockedMayCall: true,
  async handle(context, { requester }) {
    await deleteDevices(context, { userId: requester.userId, deviceIds: 'all' });
    return {};
  },
});
