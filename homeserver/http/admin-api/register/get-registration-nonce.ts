import { defineEndpoint } from '../../endpoint.ts';
import { requireSharedSecret } from './register-by-shared-secret.ts';
import { makeRegistrationNonce } from './registration-nonce.ts';

/** The nonce that a registration by shared secret is signed with. Error: M_UNRECOGNIZED where no secret is set. */
export const getRegistrationNonce = defineEndpoint({
  operation: 'getRegistrationNonce',
  method: 'GET',
  path: '/_synapse/admin/v1/register',
  authentication: 'none',
  handle: (context) => ({ nonce: makeRegistrationNonce(context.random, requireSharedSecret(context)) }),
});
