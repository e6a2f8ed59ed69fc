import { tellMissingEvents } from '../../../rooms/history/tell-history.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { eventIdsSchema } from '../event-id-schemas.ts';

/**
 * Events between those that a server has and those that it heard of. Error: M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1get_missing_eventsroomid
 */
export const getMissingPreviousEvents = defineEndpoint({
  operation: 'getMissingPreviousEvents',
  method: 'POST',
  path: '/_matrix/federation/v1/get_missing_events/{roomId}',
  authentication: 'server',
  body: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 0 },
      min_depth: { type: 'integer' },
      earliest_events: eventIdsSchema(1_000),
      latest_events: eventIdsSchema(100),
    },
    required: ['earliest_events', 'latest_events'],
  },
  async handle(context, { requester, params: { roomId }, body }) {
    const texts = await tellMissingEvents(context, requester.serverName, {
      roomId,
      earliestIds: body.earliest_events,
      latestIds: body.latest_events,
      limit: body.limit ?? 10,
      minDepth: body.min_depth ?? 0,
    });
    return jsonText(`{"events":[${texts.join(',')}]}`);
  },
});
