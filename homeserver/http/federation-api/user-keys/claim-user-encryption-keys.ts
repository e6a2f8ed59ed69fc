import { claimLocalKeys } from '../../../devices/claim-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Gives out one-time keys of this server's users, each only once and in the order of their upload, then fallback keys.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysclaim
 */
export const claimUserEncryptionKeys = defineEndpoint({
  operation: 'claimUserEncryptionKeys',
  method: 'POST',
  path: '/_matrix/federation/v1/user/keys/claim',
  authentication: 'server',
  body: {
    type: 'object',
    properties: {
      one_time_keys: {
        type: 'object',
        additionalProperties: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 1_000 },
        maxProperties: 10_000,
      },
    },
    required: ['one_time_keys'],
  },
  async handle(context, { body }) {
    return { one_time_keys: await claimLocalKeys(context, body.one_time_keys) };
  },
});
