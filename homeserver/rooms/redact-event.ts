import { parsePowerLevels } from '@holdfast/protocol/authorization/power-levels.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseEventId } from '@holdfast/protocol/identifiers/event-id.ts';
import type { Context } from '../platform/context.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { readRowsOfEvent } from '../storage/rooms/read-events.ts';
import { insertEarlyRedaction } from '../storage/rooms/write-early-redactions.ts';
import { appendEvents, decisionOf, prepareToAppend } from './append-events.ts';
import { checkEventForRoom } from './check-event-content.ts';
import type { EventIntent } from './event-intent.ts';
import type { HotRoom } from './hot-room.ts';
import { joinedServersOf } from './joined-servers.ts';
import { loadMembers } from './load-hot-room.ts';
import { powerLevelIn } from './power-level-in.ts';
import { forgetContent, hasPowerToRedact, redactedRows } from './redacted-rows.ts';
import { checkJoined, type EventResult, type RoomCommandInput, roomCommand, submitToRoom } from './room-command.ts';

interface RedactInput extends RoomCommandInput {
  readonly userId: string;
  readonly redacts: string;
  /** Of the redaction event, `redacts` left out. */
  readonly content: JsonObject;
  readonly ownOnly: boolean;
  readonly originServerTs: number;
  readonly transaction: { readonly deviceId: string; readonly transactionId: string };
}

export const redactEventCommand = roomCommand<RedactInput>('redact-event', async (shard, room, input, identityHash) => {
  await loadMembers(shard.context, room, [input.userId]);
  checkJoined(room, input.userId);
  const targets = await readRowsOfEvent(shard.context, input.redacts);
  const target = targets.at(-1);
  await checkTarget(shard.context, room, input, target);
  const intent: EventIntent = {
    type: 'm.room.redaction',
    sender: input.userId,
    content: room.rules.redactsInContent ? { ...input.content, redacts: input.redacts } : input.content,
    redacts: input.redacts,
    originServerTs: input.originServerTs,
  };
  await prepareToAppend(shard, room, [intent]);
  if (target) checkMayRedact(room, input, target);
  const hasPower = hasPowerToRedact(room.rules, room, input.userId);
  const appended = appendEvents(shard, room, [intent], {
    identityHash,
    transaction: input.transaction,
    // What is redacted twice keeps pointing to the first redaction.
    alsoWrite: (position, [redaction]) =>
      target
        ? targets.flatMap((row) => redactedRows(row, redaction?.eventId ?? ''))
        : [insertEarlyRedaction(room.name.id, input.redacts, position, hasPower)],
  });
  if (appended.unsigned) return decisionOf(appended);
  if (target) forgetContent(room, target);
  else room.earlyRedactions.add(input.redacts);
  return decisionOf(appended);
});

/** In a room that other servers share, an event that is not here may come later: its redaction waits for it. */
async function checkTarget(
  context: Context,
  room: HotRoom,
  { redacts, ownOnly }: RedactInput,
  target: StoredEvent | undefined,
): Promise<void> {
  if (target?.roomId === room.roomId) return;
  const mayCome =
    !target &&
    !ownOnly &&
    parseEventId(redacts) !== undefined &&
    (await joinedServersOf(context, room.roomId)).size > 1;
  if (!mayCome) throw new MatrixError('M_NOT_FOUND', 'No such event in this room');
}

/** Own events, or with the power to redact. The authorisation rules leave this to those who apply a redaction. */
function checkMayRedact(room: HotRoom, { userId, ownOnly }: RedactInput, target: StoredEvent): void {
  if (target.pdu.sender === userId) return;
  if (ownOnly)
    throw new MatrixError('M_USER_SUSPENDED', 'This account has been suspended and may redact its own events only');
  const powerLevels = parsePowerLevels(room.rules, room.get('m.room.power_levels', ''));
  if (powerLevelIn(room, userId) < powerLevels.redact) {
    throw new MatrixError('M_FORBIDDEN', `Redacting others' events needs a power level of ${powerLevels.redact}`);
  }
}

export interface RedactRequest {
  readonly roomId: string;
  readonly userId: string;
  readonly redacts: string;
  readonly content: JsonObject;
  /** Refuse with M_USER_SUSPENDED to redact what others sent. */
  readonly ownOnly?: boolean;
  /** Unique among the requests of this device to this operation. */
  readonly operation: 'redact' | 'send';
  /** When it happened; default: now. */
  readonly originServerTs?: number | undefined;
  readonly transaction: { readonly deviceId: string; readonly transactionId: string };
}

/**
 * Redacts an event and returns the redaction's id. Throws M_FORBIDDEN, M_NOT_FOUND, M_BAD_JSON, M_USER_SUSPENDED.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
 */
export async function redactEvent(context: Context, request: RedactRequest): Promise<EventResult> {
  const { roomId, userId, redacts, operation, ownOnly = false, transaction } = request;
  const { redacts: _given, ...content } = request.content;
  await checkEventForRoom(context, roomId, { type: 'm.room.redaction', content });
  return await submitToRoom(context, redactEventCommand, {
    roomId,
    userId,
    redacts,
    content,
    ownOnly,
    transaction,
    identity: `${userId} ${transaction.deviceId} ${transaction.transactionId} ${roomId} ${operation} ${redacts}`,
    originServerTs: context.clock.wallMs(),
  });
}
