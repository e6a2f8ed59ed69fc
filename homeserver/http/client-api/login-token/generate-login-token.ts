import { issueBriefToken } from '../../../accounts/brief-tokens.ts';
import { askForPassword } from '../../ask-for-password.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { authSchema } from '../../schemas.ts';

/**
 * A token with which another device of the user can log in once, within two minutes.
 * Errors: M_LIMIT_EXCEEDED; 401 with flows until the password is given.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv1loginget_token
 */
export const generateLoginToken = defineEndpoint({
  operation: 'generateLoginToken',
  method: 'POST',
  path: '/_matrix/client/v1/login/get_token',
  authentication: 'user',
  body: { type: 'object', properties: { auth: authSchema } },
  async handle(context, request) {
    const challenge = await askForPassword(context, 'generateLoginToken', request);
    if (challenge) return challenge;
    const { token, lifetimeMs } = await issueBriefToken(context, request.requester.userId, 'login');
    return { login_token: token, expires_in_ms: lifetimeMs };
  },
});
