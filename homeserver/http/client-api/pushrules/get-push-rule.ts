import { defineEndpoint } from '../../endpoint.ts';
import { requirePushRule } from './require-push-rule.ts';

/**
 * One push rule. Errors: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleid
 */
export const getPushRule = defineEndpoint({
  operation: 'getPushRule',
  method: 'GET',
  path: '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}',
  authentication: 'user',
  handle: (context, { requester, params }) => requirePushRule(context, requester.userId, params),
});
