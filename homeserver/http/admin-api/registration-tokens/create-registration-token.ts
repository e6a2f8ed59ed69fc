import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { createRegistrationToken as makeToken } from '../../../accounts/registration-tokens.ts';
import { readRegistrationTokens } from '../../../storage/accounts/read-registration-tokens.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { findRegistrationToken, formatRegistrationToken } from './find-registration-token.ts';
import { checkExpiry, tokenLimitSchemas } from './token-limits.ts';

/**
 * Makes a registration token, with the given text or a random one of `length` letters.
 * Errors: M_INVALID_PARAM (exists already, in the past, or a text that can be none).
 * https://element-hq.github.io/synapse/latest/usage/administration/admin_api/registration_tokens.html
 */
export const createRegistrationToken = defineEndpoint({
  operation: 'createRegistrationToken',
  method: 'POST',
  path: '/_synapse/admin/v1/registration_tokens/new',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: { token: plainText(255), length: { type: 'integer', minimum: 1, maximum: 64 }, ...tokenLimitSchemas },
  },
  async handle(context, { body }) {
    const { token = context.random.letters(body.length ?? 16), uses_allowed, expiry_time } = body;
    checkExpiry(context, expiry_time);
    if ((await readRegistrationTokens(context.database, { token })).length > 0) {
      throw new MatrixError('M_INVALID_PARAM', 'This registration token exists already');
    }
    await makeToken(context, { token, usesAllowed: uses_allowed ?? undefined, expiresMs: expiry_time ?? undefined });
    return formatRegistrationToken(await findRegistrationToken(context, token));
  },
});
