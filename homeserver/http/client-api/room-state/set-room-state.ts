import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../../platform/context.ts';
import { setRoomState as setRoomStateEvent } from '../../../rooms/set-room-state.ts';
import { defineEndpoint } from '../../endpoint.ts';

async function setState(
  context: Context,
  userId: string,
  place: { readonly roomId: string; readonly eventType: string; readonly stateKey: string },
  content: JsonObject,
) {
  const { roomId, eventType: type, stateKey } = place;
  const { eventId } = await setRoomStateEvent(context, { roomId, userId, type, stateKey, content });
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
  body: { type: 'object' },
  handle: (context, { requester, params, body }) => setState(context, requester.userId, params, body),
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
  body: { type: 'object' },
  handle: (context, { requester, params, body }) =>
    setState(context, requester.userId, { ...params, stateKey: '' }, body),
});
