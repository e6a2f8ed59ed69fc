import { changePushRules } from '../../../accounts/push-rules.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { pushRuleLimitBytes, requireKind } from './require-push-rule.ts';

/**
 * Adds a push rule, or changes and moves one. Errors: M_INVALID_PARAM, M_MISSING_PARAM, M_BAD_JSON, M_UNKNOWN (`before`
 * or `after` names no own rule).
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
 */
export const setPushRule = defineEndpoint({
  operation: 'setPushRule',
  method: 'PUT',
  path: '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}',
  authentication: 'user',
  query: { type: 'object', properties: { before: plainText(1024), after: plainText(1024) } },
  body: { type: 'object' },
  bodyLimitBytes: pushRuleLimitBytes,
  async handle(context, { requester, params, query, body }) {
    const { before, after } = query;
    await changePushRules(context, requester.userId, {
      ...{ what: 'put', kind: requireKind(params.kind), ruleId: params.ruleId, rule: body },
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    });
    return {};
  },
});
