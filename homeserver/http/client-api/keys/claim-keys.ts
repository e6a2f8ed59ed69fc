import { claimKeys as claimDeviceKeys } from '../../../devices/claim-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Gives out one-time keys, each only once.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysclaim
 */
export const claimKeys = defineEndpoint({
  operation: 'claimKeys',
  method: 'POST',
  path: '/_matrix/client/v3/keys/claim',
  authentication: 'user',
  body: {
    type: 'object',
    properties: {
      // How long to wait for other servers.
      timeout: { type: 'integer', minimum: 0 },
      one_time_keys: {
        type: 'object',
        additionalProperties: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 1_000 },
        maxProperties: 10_000,
      },
    },
    required: ['one_time_keys'],
  },
  async handle(context, { body }) {
    const { failures, oneTimeKeys } = await claimDeviceKeys(context, body.one_time_keys, body.timeout);
    return { failures, one_time_keys: oneTimeKeys };
  },
});
