import { parsePowerLevels } from '@holdfast/protocol/authorization/power-levels.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { redactEvent as redactPdu } from '@holdfast/protocol/events/redact-event.ts';
import type { Context } from '../platform/context.ts';
import { eventFlags, type StoredEvent } from '../storage/rooms/event-row.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { rewriteEvent } from '../storage/rooms/write-events.ts';
import { appendEvents, prepareToAppend } from './append-events.ts';
import type { EventIntent } from './event-intent.ts';
import type { HotRoom } from './hot-room.ts';
import { powerLevelIn } from './power-level-in.ts';
import { type EventResult, type RoomCommandInput, roomCommand, submitToRoom } from './room-command.ts';

interface RedactInput extends RoomCommandInput {
  readonly userId: string;
  readonly redacts: string;
  /** Of the redaction event, `redacts` left out. */
  readonly content: JsonObject;
  readonly originServerTs: number;
  readonly transaction: { readonly deviceId: string; readonly transactionId: string };
}

export const redactEventCommand = roomCommand<RedactInput>('redact-event', async (shard, room, input) => {
  const target = await readEventById(shard.context, input.redacts);
  if (!target || target.roomId !== room.roomId) throw new MatrixError('M_NOT_FOUND', 'No such event in this room');
  const intent: EventIntent = {
    type: 'm.room.redaction',
    sender: input.userId,
    content: room.rules.redactsInContent ? { ...input.content, redacts: input.redacts } : input.content,
    redacts: input.redacts,
    originServerTs: input.originServerTs,
  };
  await prepareToAppend(shard, room, [intent]);
  checkMayRedact(room, input.userId, target);
  const { events, committed } = appendEvents(shard, room, [intent], {
    identity: input.identity,
    transaction: input.transaction,
    alsoWrite: (_, [redaction]) => [redactedRow(target, redaction?.eventId ?? '')],
  });
  forgetContent(room, target);
  return { result: { eventId: events[0]?.eventId ?? '' }, committed };
});

/** Own events, or with the power to redact. The authorisation rules leave this to those who apply a redaction. */
function checkMayRedact(room: HotRoom, userId: string, target: StoredEvent): void {
  if (target.pdu.sender === userId) return;
  const powerLevels = parsePowerLevels(room.rules, room.get('m.room.power_levels', ''));
  if (powerLevelIn(room, userId) < powerLevels.redact) {
    throw new MatrixError('M_FORBIDDEN', `Redacting others' events needs a power level of ${powerLevels.redact}`);
  }
}

function redactedRow(target: StoredEvent, redactionEventId: string) {
  const redacted: Pdu = redactPdu(target.pdu, target.rules);
  const unsigned = { ...target.unsigned, redacted_because: redactionEventId };
  const pduJson = JSON.stringify({ ...redacted, unsigned });
  return rewriteEvent(target.shard, target.position, eventFlags.redacted, pduJson);
}

/** A current state event keeps its place, without the content that it lost. */
function forgetContent(room: HotRoom, target: StoredEvent): void {
  const { type, state_key: stateKey } = target.pdu;
  if (stateKey === undefined) return;
  if (type === 'm.room.member' && !room.isMemberLoaded(stateKey)) return;
  const current = room.get(type, stateKey);
  if (current?.eventId === target.eventId) room.put({ ...current, pdu: redactPdu(current.pdu, room.rules) });
}

/**
 * Redacts an event and returns the redaction's id. Throws M_FORBIDDEN, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
 */
export async function redactEvent(
  context: Context,
  request: {
    readonly roomId: string;
    readonly userId: string;
    readonly redacts: string;
    readonly content: JsonObject;
    readonly transaction: { readonly deviceId: string; readonly transactionId: string };
  },
): Promise<EventResult> {
  const { roomId, userId, redacts, transaction } = request;
  return await submitToRoom(context, redactEventCommand, {
    ...request,
    identity: `${userId} ${transaction.deviceId} ${transaction.transactionId} ${roomId} redact ${redacts}`,
    originServerTs: context.clock.wallMs(),
  });
}
