import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../../platform/context.ts';
import { setRoomState as setRoomStateEvent } from '../../../rooms/set-room-state.ts';
import { serviceTimestamp, timestampQuery } from '../../chosen-timestamp.ts';
import { defineEndpoint, type Requester } from '../../endpoint.ts';

async function setState(
  context: Context,
  requester: Requester,
  place: { readonly roomId: string; readonly eventType: string; readonly stateKey: string },
  content: JsonObject,
  query: { readonly ts?: number },
) {
  const { userId } = requester;
  const originServerTs = serviceTimestamp(requester, query);
  const { roomId, eventType: type, stateKey } = place;
  const { eventId } = await setRoomStateEvent(context, { roomId, userId, type, stateKey, content, originServerTs });
  return { event_id: eventId };
}

/**
 * Sets a state event.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 */
export const setRoomStateWithKey = defineEndpoint({
  operation: 'setRoomStateWithKey',
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}',
  authentication: 'user',
  rateLimit: 'message',
  suspendedMayNotCall: true,
  query: timestampQuery,
  body: { type: 'object' },
  handle: (context, { requester, params, query, body }) => setState(context, requester, params, body, query),
});

/** The same with an empty state key, where the slash behind the type may be left out. */
export const setRoomState = defineEndpoint({
  operation: 'setRoomStateWithKey',
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/{roomId}/state/{eventType}',
  alsoAt: ['/_matrix/client/v3/rooms/{roomId}/state/{eventType}/'],
  authentication: 'user',
  rateLimit: 'message',
  suspendedMayNotCall: true,
  query: timestampQuery,
  body: { type: 'object' },
  handle: (context, { requester, params, query, body }) =>
    setState(context, requester, { ...params, stateKey: '' }, body, query),
});
