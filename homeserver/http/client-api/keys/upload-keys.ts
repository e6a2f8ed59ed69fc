import { uploadKeys as uploadDeviceKeys } from '../../../devices/upload-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireDevice } from '../../require-device.ts';

/**
 * Publishes identity, one-time and fallback keys of the device.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysupload
 */
export const uploadKeys = defineEndpoint({
  operation: 'uploadKeys',
  method: 'POST',
  path: '/_matrix/client/v3/keys/upload',
  authentication: 'user',
  body: {
    type: 'object',
    properties: {
      device_keys: {
        type: 'object',
        properties: {
          user_id: { type: 'string' },
          device_id: { type: 'string' },
          algorithms: { type: 'array', items: { type: 'string', maxLength: 255 }, maxItems: 100 },
          keys: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 100 },
          signatures: {
            type: 'object',
            additionalProperties: { type: 'object', additionalProperties: { type: 'string' } },
          },
        },
        required: ['user_id', 'device_id', 'algorithms', 'keys', 'signatures'],
      },
      one_time_keys: { type: 'object' },
      fallback_keys: { type: 'object' },
    },
  },
  async handle(context, { requester, body }) {
    const counts = await uploadDeviceKeys(context, {
      userId: requester.userId,
      deviceId: requireDevice(requester),
      deviceKeys: body.device_keys,
      oneTimeKeys: body.one_time_keys,
      fallbackKeys: body.fallback_keys,
    });
    return { one_time_key_counts: counts };
  },
});
