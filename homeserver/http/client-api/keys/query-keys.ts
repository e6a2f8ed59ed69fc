import { queryKeys as queryDeviceKeys } from '../../../devices/query-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Gives the identity and cross-signing keys of users.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery
 */
export const queryKeys = defineEndpoint({
  operation: 'queryKeys',
  method: 'POST',
  path: '/_matrix/client/v3/keys/query',
  authentication: 'user',
  body: {
    type: 'object',
    properties: {
      // How long to wait for other servers.
      timeout: { type: 'integer', minimum: 0 },
      device_keys: {
        type: 'object',
        additionalProperties: { type: 'array', items: { type: 'string' } },
        maxProperties: 10_000,
      },
    },
    required: ['device_keys'],
  },
  async handle(context, { requester, body }) {
    const keys = await queryDeviceKeys(context, requester.userId, body.device_keys, body.timeout);
    return {
      failures: keys.failures,
      device_keys: keys.deviceKeys,
      master_keys: keys.masterKeys,
      self_signing_keys: keys.selfSigningKeys,
      user_signing_keys: keys.userSigningKeys,
    };
  },
});
