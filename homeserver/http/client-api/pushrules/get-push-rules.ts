import { readPushRules } from '../../../accounts/push-rules.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * All push rules of the user.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrules
 */
export const getPushRules = defineEndpoint({
  operation: 'getPushRules',
  method: 'GET',
  path: '/_matrix/client/v3/pushrules/',
  alsoAt: ['/_matrix/client/v3/pushrules'],
  authentication: 'user',
  handle: async (context, { requester }) => ({ global: await readPushRules(context, requester.userId) }),
});
