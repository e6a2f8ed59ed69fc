import { deleteDevices } from '../../../accounts/delete-devices.ts';
import { askForPassword } from '../../ask-for-password.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { authSchema } from '../../schemas.ts';

/**
 * Deletes one of the user's own devices and ends its session. Error: 401 with flows until the password is given; application services need none.
 * https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3devicesdeviceid
 */
export const deleteDevice = defineEndpoint({
  operation: 'deleteDevice',
  method: 'DELETE',
  path: '/_matrix/client/v3/devices/{deviceId}',
  authentication: 'user',
  body: { type: 'object', properties: { auth: authSchema } },
  async handle(context, request) {
    if (!request.requester.applicationService) {
      const challenge = await askForPassword(context, 'deleteDevice', request);
      if (challenge) return challenge;
    }
    const { requester, params } = request;
    await deleteDevices(context, { userId: requester.userId, deviceIds: [params.deviceId] });
    return {};
  },
});
