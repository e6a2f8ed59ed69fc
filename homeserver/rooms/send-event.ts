import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { appendEvents, decisionOf, prepareToAppend } from './append-events.ts';
import { checkEventForRoom } from './check-event-content.ts';
import { keepWhilePending, refuseDuplicateAnnotation } from './duplicate-annotation.ts';
import type { EventIntent } from './event-intent.ts';
import type { HotRoom } from './hot-room.ts';
import { checkJoined, type EventResult, type RoomCommandInput, roomCommand, submitToRoom } from './room-command.ts';
import { isSameContent } from './same-content.ts';

interface SendInput extends RoomCommandInput {
  readonly intent: EventIntent;
  readonly transaction?: { readonly deviceId: string; readonly transactionId: string };
}

export const sendEventCommand = roomCommand<SendInput>('send-event', async (shard, room, input, identityHash) => {
  const { intent, transaction } = input;
  await prepareToAppend(shard, room, [intent]);
  checkJoined(room, intent.sender);
  const unchanged = unchangedStateEvent(room, intent);
  if (unchanged !== undefined) return { result: { eventId: unchanged } };
  const annotation = await refuseDuplicateAnnotation(shard, room, intent);
  const appended = appendEvents(shard, room, [intent], { identityHash, ...(transaction && { transaction }) });
  if (annotation !== undefined && appended.committed) keepWhilePending(room, annotation, appended.committed);
  return decisionOf(appended);
});

/** Setting a state event to what it already is makes no event; the sender gets the current one's id. */
function unchangedStateEvent(room: HotRoom, { type, stateKey, sender, content }: EventIntent): string | undefined {
  const current = stateKey === undefined ? undefined : room.get(type, stateKey);
  if (!current || current.pdu.sender !== sender) return undefined;
  return isSameContent(current.pdu.content, content) ? current.eventId : undefined;
}

export interface SendMessageRequest {
  readonly roomId: string;
  readonly userId: string;
  readonly type: string;
  readonly content: JsonObject;
  /** Unique among the requests of this device to this path. */
  readonly transaction: { readonly deviceId: string; readonly transactionId: string };
  /** When it happened, for events that an application service brings from elsewhere; default: now. */
  readonly originServerTs?: number | undefined;
}

/**
 * Sends a message event and returns its id once it is committed. The same transaction id gives the same event.
 * Throws M_FORBIDDEN, M_BAD_JSON, M_TOO_LARGE, M_DUPLICATE_ANNOTATION.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
 */
export async function sendMessageEvent(context: Context, request: SendMessageRequest): Promise<EventResult> {
  const { roomId, userId, type, content, transaction, originServerTs = context.clock.wallMs() } = request;
  await checkEventForRoom(context, roomId, { type, content });
  return await submitToRoom(context, sendEventCommand, {
    roomId,
    identity: `${userId} ${transaction.deviceId} ${transaction.transactionId} ${roomId} ${type}`,
    transaction,
    intent: { type, sender: userId, content, originServerTs },
  });
}

/**
 * Sets a state event that is not a membership and returns its id. Throws M_FORBIDDEN, M_BAD_JSON, M_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 */
export async function sendStateEvent(
  context: Context,
  request: {
    roomId: string;
    userId: string;
    type: string;
    stateKey: string;
    content: JsonObject;
    /** Default: now. */
    originServerTs?: number | undefined;
  },
): Promise<EventResult> {
  const { roomId, userId, type, stateKey, content, originServerTs = context.clock.wallMs() } = request;
  await checkEventForRoom(context, roomId, { type, stateKey, content });
  return await submitToRoom(context, sendEventCommand, {
    roomId,
    identity: context.random.uuid(),
    intent: { type, sender: userId, stateKey, content, originServerTs },
  });
}
