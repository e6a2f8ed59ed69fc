import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { findBriefToken } from '../../../accounts/brief-tokens.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whose OpenID token it is, for services that a user proves the identity to. Error: M_UNKNOWN_TOKEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1openiduserinfo
 */
export const exchangeOpenIdToken = defineEndpoint({
  operation: 'exchangeOpenIdToken',
  method: 'GET',
  path: '/_matrix/federation/v1/openid/userinfo',
  authentication: 'none',
  query: {
    type: 'object',
    properties: { access_token: { type: 'string', maxLength: 1024 } },
    required: ['access_token'],
  },
  async handle(context, { query }) {
    const userId = await findBriefToken(context, 'openid', query.access_token);
    if (userId === undefined) throw new MatrixError('M_UNKNOWN_TOKEN', 'This token is unknown or has expired');
    return { sub: userId };
  },
});
