import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { DestinationStatus } from '../../../federation/destination-status.ts';
import { readFederationStatus } from '../../../federation/federation-status.ts';
import { retryDestination } from '../../../federation/retry-destination.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { pageParameters } from './page-parameters.ts';

const base = '/_synapse/admin/v1/federation/destinations';

/**
 * Servers that something was sent to. https://element-hq.github.io/synapse/latest/usage/administration/admin_api/federation.html
 */
export const listDestinations = defineEndpoint({
  operation: 'listDestinations',
  method: 'GET',
  path: base,
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      ...pageParameters,
      destination: { type: 'string', maxLength: 255 },
    },
  },
  async handle(context, { query: { from = 0, limit = 100, destination } }) {
    const { destinations } = await readFederationStatus(context);
    const wanted = destinations.filter(({ server }) => destination === undefined || server.includes(destination));
    const next = from + limit;
    return {
      destinations: wanted.slice(from, next).map((each) => formatDestination(context.clock.wallMs(), each)),
      total: wanted.length,
      ...(next < wanted.length && { next_token: String(next) }),
    };
  },
});

function formatDestination(nowMs: number, { server, state, waitingMs, retryInMs }: DestinationStatus) {
  const isFailing = state === 'waiting';
  return {
    destination: server,
    retry_last_ts: isFailing ? nowMs : 0,
    retry_interval: retryInMs ?? 0,
    failure_ts: isFailing ? Math.round(nowMs - waitingMs) : null,
    last_successful_stream_ordering: null,
  };
}

/** One of them. Error: M_NOT_FOUND. */
export const getDestination = defineEndpoint({
  operation: 'getDestination',
  method: 'GET',
  path: `${base}/{serverName}`,
  authentication: 'admin',
  async handle(context, { params }) {
    const { destinations } = await readFederationStatus(context);
    const found = destinations.find(({ server }) => server === params.serverName);
    if (!found) throw new MatrixError('M_NOT_FOUND', 'Nothing was sent to this server');
    return formatDestination(context.clock.wallMs(), found);
  },
});

/** Tries a server again at once. Error: M_NOT_FOUND. */
export const resetDestination = defineEndpoint({
  operation: 'resetDestination',
  method: 'POST',
  path: `${base}/{serverName}/reset_connection`,
  authentication: 'admin',
  async handle(context, { params }) {
    const { destinations } = await readFederationStatus(context);
    if (!destinations.some(({ server }) => server === params.serverName)) {
      throw new MatrixError('M_NOT_FOUND', 'Nothing was sent to this server');
    }
    await retryDestination(context, params.serverName);
    return {};
  },
});
