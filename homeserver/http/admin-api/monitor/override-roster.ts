import { askMonitor } from '../../../administration/monitor/ask-monitor.ts';
import { planOverride } from '../../../administration/monitor/plan-override.ts';
import { defineEndpoint } from '../../endpoint.ts';

const time = { type: 'integer', minimum: 0, maximum: 8_640_000_000_000_000 } as const;

/**
 * Lets somebody of `people` stand in on the on-call roster: called first from `from_ts` (now, where it is not given) until
 * `to_ts`, three months at most. Of several at a time the last that was planned counts, before those of the configuration.
 * Done within five seconds. Errors: M_NOT_FOUND where no monitor watches or nobody has that name, M_INVALID_PARAM.
 */
export const overrideRoster = defineEndpoint({
  operation: 'overrideRoster',
  method: 'POST',
  path: '/_holdfast/v1/admin/monitor/overrides',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: { person: { type: 'string', minLength: 1, maxLength: 64 }, from_ts: time, to_ts: time },
    required: ['person', 'to_ts'],
  },
  async handle(context, { body: { person, from_ts: fromTs, to_ts: toMs }, requester }) {
    const fromMs = fromTs ?? context.clock.wallMs();
    await planOverride(context, { by: requester.userId, person, fromMs, toMs });
    return {};
  },
});

/** Ends a standing in before its time. Done within five seconds. Error: M_NOT_FOUND where no monitor watches. */
export const endOverride = defineEndpoint({
  operation: 'endOverride',
  method: 'DELETE',
  path: '/_holdfast/v1/admin/monitor/overrides/{overrideId}',
  authentication: 'admin',
  async handle(context, { params, requester }) {
    await askMonitor(context, { kind: 'end-override', by: requester.userId, id: params.overrideId });
    return {};
  },
});
