import { defineEndpoint } from '../../endpoint.ts';
import { requirePushRule } from './require-push-rule.ts';

/**
 * The actions of a push rule. Errors: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidactions
 */
export const getPushRuleActions = defineEndpoint({
  operation: 'getPushRuleActions',
  method: 'GET',
  path: '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}/actions',
  authentication: 'user',
  handle: async (context, { requester, params }) => ({
    actions: (await requirePushRule(context, requester.userId, params)).actions,
  }),
});
