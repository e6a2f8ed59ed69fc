import { createRegistrationToken as putToken } from '../../../accounts/registration-tokens.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { findRegistrationToken, formatRegistrationToken } from './find-registration-token.ts';
import { checkExpiry, tokenLimitSchemas } from './token-limits.ts';

/**
 * Changes what a registration token allows; what is not given stays. Errors: M_NOT_FOUND, M_INVALID_PARAM.
 * https://element-hq.github.io/synapse/latest/usage/administration/admin_api/registration_tokens.html
 */
export const updateRegistrationToken = defineEndpoint({
  operation: 'updateRegistrationToken',
  method: 'PUT',
  path: '/_synapse/admin/v1/registration_tokens/{token}',
  authentication: 'admin',
  body: { type: 'object', properties: tokenLimitSchemas },
  async handle(context, { params, body }) {
    const { token, ...row } = await findRegistrationToken(context, params.token);
    const { uses_allowed: usesAllowed = row.usesAllowed, expiry_time: expiresMs = row.expiresMs } = body;
    checkExpiry(context, body.expiry_time);
    await putToken(context, { token, usesAllowed: usesAllowed ?? undefined, expiresMs: expiresMs ?? undefined });
    return formatRegistrationToken(await findRegistrationToken(context, token));
  },
});
