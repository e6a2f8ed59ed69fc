import { queryLocalKeys } from '../../../devices/query-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Identity and cross-signing keys of this server's users, with their own signatures. Users of other servers are left out.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysquery
 */
export const queryUserEncryptionKeys = defineEndpoint({
  operation: 'queryUserEncryptionKeys',
  method: 'POST',
  path: '/_matrix/federation/v1/user/keys/query',
  authentication: 'server',
  body: {
    type: 'object',
    properties: {
      device_keys: {
        type: 'object',
        additionalProperties: { type: 'array', items: { type: 'string' }, maxItems: 1_000 },
        maxProperties: 10_000,
      },
    },
    required: ['device_keys'],
  },
  async handle(context, { body }) {
    const keys = await queryLocalKeys(context, body.device_keys);
    return {
      device_keys: keys.deviceKeys,
      master_keys: keys.masterKeys,
      self_signing_keys: keys.selfSigningKeys,
    };
  },
});
