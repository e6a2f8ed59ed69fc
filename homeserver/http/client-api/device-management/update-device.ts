import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { createDevice } from '../../../accounts/create-device.ts';
import { updateDevice as updateDeviceOf } from '../../../accounts/update-device.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonReply } from '../../reply.ts';
import { deviceDisplayNameSchema, deviceIdSchema } from '../../schemas.ts';

/**
 * Renames one of the user's own devices; application services make one of the id where there is none. Error:
 * M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3devicesdeviceid
 */
export const updateDevice = defineEndpoint({
  operation: 'updateDevice',
  method: 'PUT',
  path: '/_matrix/client/v3/devices/{deviceId}',
  authentication: 'user',
  body: { type: 'object', properties: { display_name: deviceDisplayNameSchema } },
  async handle(context, { requester, params, body }) {
    const { userId, applicationService } = requester;
    const device = { userId, deviceId: params.deviceId, displayName: body.display_name ?? null };
    if (applicationService) {
      checkDeviceId(device.deviceId);
      return jsonReply({}, { status: (await createDevice(context, device)) ? 201 : 200 });
    }
    await updateDeviceOf(context, device);
    return {};
  },
});

function checkDeviceId(deviceId: string): void {
  if (deviceId.length <= deviceIdSchema.maxLength) return;
  throw new MatrixError('M_INVALID_PARAM', `A device id has at most ${deviceIdSchema.maxLength} characters`);
}
