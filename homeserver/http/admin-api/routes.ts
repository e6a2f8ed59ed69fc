import type { Endpoint } from '../endpoint.ts';
import { getRegistrationNonce } from './register/get-registration-nonce.ts';
import { registerBySharedSecret } from './register/register-by-shared-secret.ts';

/** What administrators and their tools call, outside of the specification. */
export const adminRoutes: readonly Endpoint[] = [getRegistrationNonce, registerBySharedSecret];
