import { askMonitor } from '../../../administration/monitor/ask-monitor.ts';
import { planMaintenance as plan } from '../../../administration/monitor/plan-maintenance.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

const time = { type: 'integer', minimum: 0, maximum: 8_640_000_000_000_000 } as const;

/**
 * Plans work from `from_ts` (now, where it is not given) until `to_ts`, a week at most: alerts of `rules` (of
 * `silenceable`; none: all of them) wake nobody meanwhile. What means that data is being lost always wakes somebody. Done
 * within five seconds. Errors: M_NOT_FOUND where no monitor watches or there is no such alert, M_INVALID_PARAM.
 */
export const planMaintenance = defineEndpoint({
  operation: 'planMaintenance',
  method: 'POST',
  path: '/_holdfast/v1/admin/monitor/maintenance',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: {
      rules: { type: 'array', maxItems: 50, items: plainText(100) },
      from_ts: time,
      to_ts: time,
      reason: { type: 'string', minLength: 1, maxLength: 500 },
    },
    required: ['to_ts', 'reason'],
  },
  async handle(context, { body: { rules = [], from_ts: fromTs, to_ts: toMs, reason }, requester }) {
    const fromMs = fromTs ?? context.clock.wallMs();
    await plan(context, { by: requester.userId, rules, fromMs, toMs, reason });
    return {};
  },
});

/** Takes planned maintenance away, or ends it before its time. Done within five seconds. Error: M_NOT_FOUND where no monitor watches. */
export const endMaintenance = defineEndpoint({
  operation: 'endMaintenance',
  method: 'DELETE',
  path: '/_holdfast/v1/admin/monitor/maintenance/{maintenanceId}',
  authentication: 'admin',
  async handle(context, { params, requester }) {
    await askMonitor(context, { kind: 'end-silence', by: requester.userId, id: params.maintenanceId });
    return {};
  },
});
