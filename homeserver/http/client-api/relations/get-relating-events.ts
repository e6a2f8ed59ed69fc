import { type ViewRelationsRequest, viewRelations } from '../../../rooms/relations/view-relations.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

const path = '/_matrix/client/v1/rooms/{roomId}/relations/{eventId}';

const query = {
  type: 'object',
  properties: {
    from: { type: 'string' },
    to: { type: 'string' },
    limit: { type: 'integer', minimum: 0 },
    dir: { type: 'string', enum: ['b', 'f'] },
    recurse: { type: 'boolean' },
  },
} as const;

interface RelationsQuery {
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly dir?: 'b' | 'f';
  readonly recurse?: boolean;
}

function requestOf({
  dir = 'b',
  recurse = false,
  ...places
}: RelationsQuery): Omit<ViewRelationsRequest, 'roomId' | 'eventId'> {
  return { direction: dir, recurse, ...places };
}

/**
 * Events that relate to an event in any way. Errors: M_NOT_FOUND, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventid
 */
export const getRelatingEvents = defineEndpoint({
  operation: 'getRelatingEvents',
  method: 'GET',
  path,
  authentication: 'user',
  query,
  async handle(context, { requester, params, query: asked }) {
    return jsonText(await viewRelations(context, requester, { ...params, ...requestOf(asked) }));
  },
});

/**
 * Events that relate to an event in one way.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltype
 */
export const getRelatingEventsWithRelType = defineEndpoint({
  operation: 'getRelatingEventsWithRelType',
  method: 'GET',
  path: `${path}/{relType}`,
  authentication: 'user',
  query,
  async handle(context, { requester, params, query: asked }) {
    return jsonText(await viewRelations(context, requester, { ...params, ...requestOf(asked) }));
  },
});

/**
 * Events of one type that relate to an event in one way.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltypeeventtype
 */
export const getRelatingEventsWithRelTypeAndEventType = defineEndpoint({
  operation: 'getRelatingEventsWithRelTypeAndEventType',
  method: 'GET',
  path: `${path}/{relType}/{eventType}`,
  authentication: 'user',
  query,
  async handle(context, { requester, params, query: asked }) {
    return jsonText(await viewRelations(context, requester, { ...params, ...requestOf(asked) }));
  },
});
