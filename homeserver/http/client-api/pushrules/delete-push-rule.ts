import { changePushRules } from '../../../accounts/push-rules.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireKind } from './require-push-rule.ts';

/**
 * Removes an own push rule. Errors: M_NOT_FOUND (predefined ones can only be disabled), M_INVALID_PARAM (no such kind).
 * https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3pushrulesglobalkindruleid
 */
export const deletePushRule = defineEndpoint({
  operation: 'deletePushRule',
  method: 'DELETE',
  path: '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}',
  authentication: 'user',
  async handle(context, { requester, params }) {
    const { ruleId } = params;
    await changePushRules(context, requester.userId, { what: 'delete', kind: requireKind(params.kind), ruleId });
    return {};
  },
});
