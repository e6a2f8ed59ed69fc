import { deleteDevices as deleteDevicesOf } from '../../../accounts/delete-devices.ts';
import { askForPassword } from '../../ask-for-password.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { authSchema, deviceIdSchema } from '../../schemas.ts';

/**
 * Deletes several of the user's own devices and ends their sessions. Error: 401 with flows until the password is given; application services need none.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3delete_devices
 */
export const deleteDevices = defineEndpoint({
  operation: 'deleteDevices',
  method: 'POST',
  path: '/_matrix/client/v3/delete_devices',
  authentication: 'user',
  body: {
    type: 'object',
    properties: { devices: { type: 'array', items: deviceIdSchema, maxItems: 1000 }, auth: authSchema },
    required: ['devices'],
  },
  async handle(context, request) {
    if (!request.requester.applicationService) {
      const challenge = await askForPassword(context, 'deleteDevices', request);
      if (challenge) return challenge;
    }
    const { requester, body } = request;
    await deleteDevicesOf(context, { userId: requester.userId, deviceIds: body.devices });
    return {};
  },
});
