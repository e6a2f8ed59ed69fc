import { updateDevice as updateDeviceOf } from '../../../accounts/update-device.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { deviceDisplayNameSchema } from '../../schemas.ts';

/**
 * Renames one of the user's own devices. Error: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3devicesdeviceid
 */
export const updateDevice = defineEndpoint({
  operation: 'updateDevice',
  method: 'PUT',
  path: '/_matrix/client/v3/devices/{deviceId}',
  authentication: 'user',
  body: { type: 'object', properties: { display_name: deviceDisplayNameSchema } },
  async handle(context, { requester, params, body }) {
    const displayName = body.display_name ?? null;
    await updateDeviceOf(context, { userId: requester.userId, deviceId: params.deviceId, displayName });
    return {};
  },
});
