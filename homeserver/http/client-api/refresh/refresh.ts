import { refreshSession } from '../../../accounts/refresh-session.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * New tokens for a refresh token. Errors: M_UNKNOWN_TOKEN, M_USER_LOCKED.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3refresh
 */
export const refresh = defineEndpoint({
  operation: 'refresh',
  method: 'POST',
  path: '/_matrix/client/v3/refresh',
  authentication: 'none',
  body: {
    type: 'object',
    properties: { refresh_token: { type: 'string', maxLength: 1024 } },
    required: ['refresh_token'],
  },
  async handle(context, { body }) {
    const { accessToken, refreshToken, expiresInMs } = await refreshSession(context, body.refresh_token);
    return { access_token: accessToken, refresh_token: refreshToken, expires_in_ms: expiresInMs };
  },
});
