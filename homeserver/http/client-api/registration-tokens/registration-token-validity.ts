import { isRegistrationTokenValid } from '../../../accounts/registration-tokens.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { checkRegistrationIsOpen } from '../registration/registration-flows.ts';

/**
 * Whether a registration token can be used now. Error: M_FORBIDDEN (registration is closed).
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1registermloginregistration_tokenvalidity
 */
export const registrationTokenValidity = defineEndpoint({
  operation: 'registrationTokenValidity',
  method: 'GET',
  path: '/_matrix/client/v1/register/m.login.registration_token/validity',
  authentication: 'none',
  rateLimit: 'loginAddress',
  query: { type: 'object', properties: { token: plainText(1024) }, required: ['token'] },
  async handle(context, { query }) {
    checkRegistrationIsOpen(context);
    return { valid: await isRegistrationTokenValid(context, query.token) };
  },
});
