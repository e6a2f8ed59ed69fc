import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { parsePowerLevels, userPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { evaluateForDefaultMember } from '@holdfast/protocol/push-rules/default-member.ts';
import { preparePushEvent } from '@holdfast/protocol/push-rules/push-event.ts';
import type { Context } from '../platform/context.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { readNotifyOrdinal } from '../storage/rooms/read-room-summary.ts';
import type { EventIntent } from './event-intent.ts';
import type { HotRoom } from './hot-room.ts';

/** What an event means to those who count unread ones. */
export interface EventNotice {
  /** Whether members with unmodified push rules are notified. */
  readonly notifies: boolean;
  /** Notifying events of its timeline up to this one. */
  readonly ordinal: number;
  readonly thread: { readonly rootEventId: string; readonly position: number } | undefined;
  readonly redacts: string | undefined;
  /** Counts it in the room's memory. */
  apply(): void;
}

/** Loads the thread that an event is part of, if any; a thread whose root is not in the room is none. */
export async function prepareNotice(context: Context, room: HotRoom, intent: EventIntent): Promise<void> {
  const rootEventId = threadRootOf(intent.content);
  if (rootEventId === undefined || intent.stateKey !== undefined || room.threads.has(rootEventId)) return;
  const root = await readEventById(context, rootEventId);
  if (!root || root.roomNumber !== room.name.id || root.thread !== null) return;
  const ordinal = await readNotifyOrdinal(context, room.name, root.position);
  room.threads.set(rootEventId, { position: root.position, ordinal });
}

/** Decides how an event counts, on top of `state`; nothing is counted before `apply`. */
export function noticeEvent(room: HotRoom, state: AuthState, intent: EventIntent, eventId: string): EventNotice {
  const notifies = notifiesDefaultMembers(room, state, intent);
  const rootEventId = intent.stateKey === undefined ? threadRootOf(intent.content) : undefined;
  const thread = rootEventId === undefined ? undefined : room.threads.get(rootEventId);
  const counter = thread ?? { ordinal: room.notifyOrdinal };
  const ordinal = counter.ordinal + (notifies ? 1 : 0);
  return {
    notifies,
    ordinal,
    thread: thread && rootEventId !== undefined ? { rootEventId, position: thread.position } : undefined,
    redacts: intent.type === 'm.room.redaction' && intent.redacts !== eventId ? intent.redacts : undefined,
    apply() {
      if (thread) thread.ordinal = ordinal;
      else room.notifyOrdinal = ordinal;
    },
  };
}

function notifiesDefaultMembers(room: HotRoom, state: AuthState, intent: EventIntent): boolean {
  const powerLevelsEvent = state.get('m.room.power_levels', '');
  const powerLevels = parsePowerLevels(room.rules, powerLevelsEvent);
  const event = preparePushEvent({
    type: intent.type,
    room_id: room.roomId,
    sender: intent.sender,
    state_key: intent.stateKey,
    content: intent.content,
  });
  return evaluateForDefaultMember(event, {
    memberCount: room.counts.joined,
    senderPowerLevel: userPowerLevel(room.rules, powerLevels, state.get('m.room.create', ''), intent.sender),
    notificationLevels: powerLevelsEvent?.pdu.content['notifications'],
  }).notify;
}

/** The thread root that `m.relates_to` names. https://spec.matrix.org/v1.19/client-server-api/#threading */
export function threadRootOf(content: JsonObject): string | undefined {
  const relation: JsonValue | undefined = content['m.relates_to'];
  if (typeof relation !== 'object' || relation === null || Array.isArray(relation)) return undefined;
  const rootEventId = relation['event_id'];
  return relation['rel_type'] === 'm.thread' && typeof rootEventId === 'string' ? rootEventId : undefined;
}
