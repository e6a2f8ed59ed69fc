import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { parsePushActions } from '@holdfast/protocol/push-rules/parse-push-rule.ts';
import { changePushRules } from '../../../accounts/push-rules.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { pushRuleLimitBytes, requireKind } from './require-push-rule.ts';

/**
 * Changes the actions of any push rule. Errors: M_NOT_FOUND, M_BAD_JSON, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidactions
 */
export const setPushRuleActions = defineEndpoint({
  operation: 'setPushRuleActions',
  method: 'PUT',
  path: '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}/actions',
  authentication: 'user',
  body: { type: 'object', properties: { actions: { type: 'array' } }, required: ['actions'] },
  bodyLimitBytes: pushRuleLimitBytes,
  async handle(context, { requester, params, body }) {
    const kind = requireKind(params.kind);
    const { actions, problem } = parsePushActions(body.actions);
    if (problem) throw new MatrixError(problem.errcode, problem.error);
    await changePushRules(context, requester.userId, { what: 'set-actions', kind, ruleId: params.ruleId, actions });
    return {};
  },
});
