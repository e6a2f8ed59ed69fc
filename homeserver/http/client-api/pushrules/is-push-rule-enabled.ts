import { defineEndpoint } from '../../endpoint.ts';
import { requirePushRule } from './require-push-rule.ts';

/**
 * Whether a push rule is enabled. Errors: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidenabled
 */
export const isPushRuleEnabled = defineEndpoint({
  operation: 'isPushRuleEnabled',
  method: 'GET',
  path: '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}/enabled',
  authentication: 'user',
  handle: async (context, { requester, params }) => ({
    enabled: (await requirePushRule(context, requester.userId, params)).enabled,
  }),
});
