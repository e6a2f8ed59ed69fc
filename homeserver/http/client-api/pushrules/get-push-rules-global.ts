import { readPushRules } from '../../../accounts/push-rules.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The push rules of the user's only ruleset.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobal
 */
export const getPushRulesGlobal = defineEndpoint({
  operation: 'getPushRulesGlobal',
  method: 'GET',
  path: '/_matrix/client/v3/pushrules/global/',
  alsoAt: ['/_matrix/client/v3/pushrules/global'],
  authentication: 'user',
  handle: (context, { requester }) => readPushRules(context, requester.userId),
});
