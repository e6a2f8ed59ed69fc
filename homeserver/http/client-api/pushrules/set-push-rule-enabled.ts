import { changePushRules } from '../../../accounts/push-rules.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireKind } from './require-push-rule.ts';

/**
 * Enables or disables any push rule. Errors: M_NOT_FOUND, M_INVALID_PARAM (no such kind).
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidenabled
 */
export const setPushRuleEnabled = defineEndpoint({
  operation: 'setPushRuleEnabled',
  method: 'PUT',
  path: '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}/enabled',
  authentication: 'user',
  body: { type: 'object', properties: { enabled: { type: 'boolean' } }, required: ['enabled'] },
  async handle(context, { requester, params, body }) {
    const kind = requireKind(params.kind);
    const change = { what: 'enable', kind, ruleId: params.ruleId, enabled: body.enabled } as const;
    await changePushRules(context, requester.userId, change);
    return {};
  },
});
