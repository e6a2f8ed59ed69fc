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
        ...{ server, state, queued, waiting_for_ms: times.waitingMs, retry_in_ms: times.retryInMs },
        ...{ last_success_ts: times.lastSuccessTs, last_error: times.lastError },
        ...{ dropped: times.dropped, last_dropped: times.lastDropped },
        ...{ waiting_messages: times.waitingMessages, set_aside: times.setAside, last_set_aside: times.lastSetAside },
      })),
      origins: origins.map(({ server, waiting, transactions, pdus, edus, lastReceivedTs, lastProblem }) => ({
        ...{ server, waiting, transactions, pdus, edus, last_received_ts: lastReceivedTs, last_problem: lastProblem },
      })),
    };
  },
});
