import { readAppserviceStatuses } from '../../../appservices/delivery/appservice-status.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** How it stands with each application service: what waits, since when and why. Times are milliseconds. */
export const listAppservices = defineEndpoint({
  operation: 'listAppservices',
  method: 'GET',
  path: '/_holdfast/v1/admin/appservices',
  authentication: 'admin',
  async handle(context) {
    const statuses = await readAppserviceStatuses(context);
    return {
      appservices: statuses.map(({ id, state, queued, failures, ...rest }) => ({
        ...{
          id,
          state,
          paused_by: rest.pausedBy,
          queued,
          failures,
          first_event_id: rest.firstEventId,
          entries_behind: rest.entriesBehind,
        },
        ...{ waiting_for_ms: rest.oldestMs, retry_in_ms: rest.retryInMs },
        ...{ last_success_ts: rest.lastSuccessTs, last_error: rest.lastError },
      })),
    };
  },
});
