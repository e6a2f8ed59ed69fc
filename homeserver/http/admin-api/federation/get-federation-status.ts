import { readFederationStatus } from '../../../federation/federation-status.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** How it stands with other servers: what waits for each, since when and why, and what each has sent. Times are milliseconds. */
export const getFederationStatus = defineEndpoint({
  operation: 'getFederationStatus',
  method: 'GET',
  path: '/_holdfast/v1/admin/federation',
  authentication: 'admin',
  async handle(context) {
    const { destinations, origins } = await readFederationStatus(context);
    return {
      destinations: destinations.map(({ server, state, queued, ...times }) => ({
        ...{
          server,
          state,
          queued,
          waiting_events: times.waitingEvents,
          waiting_for_ms: times.waitingMs,
          retry_in_ms: times.retryInMs,
        },
        ...{ last_success_ts: times.lastSuccessTs, last_error: times.lastError },
        ...{ dropped: times.dropped, last_dropped: times.lastDropped },
        ...{ waiting_messages: times.waitingMessages, set_aside: times.setAside, last_set_aside: times.lastSetAside },
      })),
      origins: origins.map(({ server, waiting, transactions, pdus, edus, ...other }) => ({
        ...{ server, waiting, oldest_waiting_ms: other.oldestWaitingMs, transactions, pdus, edus },
        ...{ last_received_ts: other.lastReceivedTs, outcomes: other.outcomes },
        ...{ last_refusal: other.lastRefusal?.text ?? null, last_refusal_ts: other.lastRefusal?.atMs ?? null },
        refused_requests: other.refusedRequests,
        last_refused_request: other.lastRefusedRequest?.text ?? null,
        last_refused_request_ts: other.lastRefusedRequest?.atMs ?? null,
        ...{ last_problem: other.lastProblem?.text ?? null, last_problem_ts: other.lastProblem?.atMs ?? null },
      })),
    };
  },
});
