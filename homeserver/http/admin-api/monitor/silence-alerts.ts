import { askMonitor } from '../../../administration/monitor/ask-monitor.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

const longestMs = 7 * 86_400_000;

/**
 * Lets some kinds of alerts wake nobody for a while, a week at most. What means that data is being lost is never silenced,
 * whoever asks. Done within five seconds. Error: M_NOT_FOUND where no monitor watches.
 */
export const silenceAlerts = defineEndpoint({
  operation: 'silenceAlerts',
  method: 'POST',
  path: '/_holdfast/v1/admin/monitor/silences',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: {
      rules: { type: 'array', minItems: 1, maxItems: 50, items: plainText(100) },
      duration_ms: { type: 'integer', minimum: 60_000, maximum: longestMs },
      reason: { type: 'string', minLength: 1, maxLength: 500 },
    },
    required: ['rules', 'duration_ms', 'reason'],
  },
  async handle(context, { body: { rules, duration_ms: durationMs, reason }, requester }) {
    const silence = { kind: 'silence', by: requester.userId, rules, duration_ms: durationMs, reason };
    await askMonitor(context, silence);
    return {};
  },
});

/** Ends a silence before its time. Done within five seconds. Error: M_NOT_FOUND where no monitor watches. */
export const endSilence = defineEndpoint({
  operation: 'endSilence',
  method: 'DELETE',
  path: '/_holdfast/v1/admin/monitor/silences/{silenceId}',
  authentication: 'admin',
  async handle(context, { params, requester }) {
    await askMonitor(context, { kind: 'end-silence', by: requester.userId, id: params.silenceId });
    return {};
  },
});
