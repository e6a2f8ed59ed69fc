import type { Context } from '../../../platform/context.ts';
import { clientEventText } from '../../../rooms/client-event-text.ts';
import { viewStateEvent } from '../../../rooms/view-room-state.ts';
import { type TimelineEvent, timelineEventsOf } from '../../../storage/sync/timeline-event.ts';
import { defineEndpoint, type Requester } from '../../endpoint.ts';
import { jsonText, type Reply } from '../../reply.ts';

const query = {
  type: 'object',
  properties: { format: { type: 'string', enum: ['content', 'event'] } },
} as const;

async function getState(
  context: Context,
  requester: Requester,
  place: { readonly roomId: string; readonly eventType: string; readonly stateKey: string },
  format: 'content' | 'event' | undefined,
): Promise<Reply> {
  const { roomId, eventType: type, stateKey } = place;
  const event = await viewStateEvent(context, roomId, requester.userId, { type, stateKey });
  if (format !== 'event') return event.pdu.content;
  const [shown] = await timelineEventsOf(context, [event], true);
  return jsonText(clientEventText(shown as TimelineEvent, { ...requester, nowMs: context.clock.wallMs() }, roomId));
}

/**
 * One state event of a room, or its content.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
 */
export const getRoomStateWithKey = defineEndpoint({
  operation: 'getRoomStateWithKey',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}',
  authentication: 'user',
  query,
  handle: (context, { requester, params, query: { format } }) => getState(context, requester, params, format),
});

/** The same with an empty state key, where the slash behind the type may be left out. */
export const getRoomStateWithoutKey = defineEndpoint({
  operation: 'getRoomStateWithKey',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/state/{eventType}',
  alsoAt: ['/_matrix/client/v3/rooms/{roomId}/state/{eventType}/'],
  authentication: 'user',
  query,
  handle: (context, { requester, params, query: { format } }) =>
    getState(context, requester, { ...params, stateKey: '' }, format),
});
