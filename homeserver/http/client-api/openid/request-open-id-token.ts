import { issueBriefToken } from '../../../accounts/brief-tokens.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireOwnUser } from '../../require-own-user.ts';

/**
 * A token by which another service learns, from this server, who the user is; good for nothing else.
 * Errors: M_FORBIDDEN, M_LIMIT_EXCEEDED.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridopenidrequest_token
 */
export const requestOpenIdToken = defineEndpoint({
  operation: 'requestOpenIdToken',
  method: 'POST',
  path: '/_matrix/client/v3/user/{userId}/openid/request_token',
  authentication: 'user',
  body: { type: 'object' },
  bodyLimitBytes: 65_536,
  async handle(context, { requester, params }) {
    requireOwnUser(requester, params.userId);
    const { token, lifetimeMs } = await issueBriefToken(context, params.userId, 'openid');
    return {
      access_token: token,
      token_type: 'Bearer',
      matrix_server_name: context.serverName,
      expires_in: lifetimeMs / 1000,
    };
  },
});
