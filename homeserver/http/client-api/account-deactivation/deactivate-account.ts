import { deactivateAccount as deactivate } from '../../../accounts/deactivate-account.ts';
import { askForPassword } from '../../ask-for-password.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { authSchema, plainText } from '../../schemas.ts';

/**
 * Closes the user's account for good. No third-party identifiers are bound, so unbinding always succeeds.
 * Error: 401 with flows until the password is given.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountdeactivate
 */
export const deactivateAccount = defineEndpoint({
  operation: 'deactivateAccount',
  method: 'POST',
  path: '/_matrix/client/v3/account/deactivate',
  authentication: 'user',
  body: {
    type: 'object',
    properties: { auth: authSchema, id_server: plainText(255), erase: { type: 'boolean' } },
  },
  async handle(context, request) {
    const challenge = await askForPassword(context, 'deactivateAccount', request);
    if (challenge) return challenge;
    await deactivate(context, request.requester.userId, request.body.erase ?? false);
    return { id_server_unbind_result: 'success' };
  },
});
