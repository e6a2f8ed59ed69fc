import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { parsePowerLevels, userPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import {
  evaluateForDefaultMember,
  evaluateForMentionedMember,
  mentionedUsers,
} from '@holdfast/protocol/push-rules/default-member.ts';
import { evaluatePushRules } from '@holdfast/protocol/push-rules/evaluate-push-rules.ts';
import {
  type PreparedPushEvent,
  type PushContext,
  preparePushEvent,
} from '@holdfast/protocol/push-rules/push-event.ts';
import type { Context } from '../platform/context.ts';
import { findNames } from '../storage/names/intern-names.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { readNotifyOrdinal } from '../storage/rooms/read-room-summary.ts';
import { notificationFlags } from '../storage/rooms/write-notifications.ts';
import type { EventIntent } from './event-intent.ts';
import { type HotRoom, membershipIn } from './hot-room.ts';
import { loadMembers } from './hot-rooms.ts';

/** What an event means to those who count unread ones. */
export interface EventNotice {
  /** Whether members with unmodified push rules are notified. */
  readonly notifies: boolean;
  readonly highlightsAll: boolean;
  /** Local members for whom it counts otherwise, with the bits of notification.flags. */
  readonly notified: ReadonlyMap<string, number>;
  /** Notifying events of its timeline up to this one. */
  readonly ordinal: number;
  readonly thread: { readonly rootEventId: string; readonly position: number } | undefined;
  readonly redacts: string | undefined;
  /** Counts it in the room's memory. */
  apply(): void;
}

/** Mentions beyond this many users count for nobody: nobody reads such a list. */
const maxMentions = 200;
const nobody: ReadonlyMap<string, number> = new Map();

/** Loads the thread that an event is part of and the members it mentions; a thread without its root here is none. */
export async function prepareNotice(context: Context, room: HotRoom, intent: EventIntent): Promise<void> {
  if (Object.hasOwn(intent.content, 'm.mentions')) {
    const mentioned = mentionedIn(context, preparePushEvent(pushEventOf(room, intent)));
    await loadMembers(context, room, mentioned);
    // Members' names are known; those of others are not worth a place among the names.
    await findNames(context, mentioned);
  }
  const rootEventId = threadRootOf(intent);
  if (rootEventId === undefined || room.threads.has(rootEventId)) return;
  const root = await readEventById(context, rootEventId);
  if (!root || root.roomNumber !== room.name.id || root.thread !== null) return;
  const ordinal = await readNotifyOrdinal(context, room.name, root.position);
  room.threads.set(rootEventId, { position: root.position, ordinal });
}

/** Decides how an event counts, on top of `state`; nothing is counted before `apply`. */
export function noticeEvent(context: Context, room: HotRoom, state: AuthState, intent: EventIntent): EventNotice {
  const event = preparePushEvent(pushEventOf(room, intent));
  const pushContext = pushContextOf(room, state, intent.sender);
  const verdict = evaluateForDefaultMember(event, pushContext);
  const rootEventId = threadRootOf(intent);
  const thread = rootEventId === undefined ? undefined : room.threads.get(rootEventId);
  const ordinal = (thread?.ordinal ?? room.notifyOrdinal) + (verdict.notify ? 1 : 0);
  return {
    notifies: verdict.notify,
    highlightsAll: verdict.highlight,
    notified: notifiedMembers(context, room, event, pushContext, verdict.notify),
    ordinal,
    thread: thread && rootEventId !== undefined ? { rootEventId, position: thread.position } : undefined,
    redacts: intent.type === 'm.room.redaction' ? intent.redacts : undefined,
    apply() {
      if (thread) thread.ordinal = ordinal;
      else room.notifyOrdinal = ordinal;
    },
  };
}

function notifiedMembers(
  context: Context,
  room: HotRoom,
  event: PreparedPushEvent,
  pushContext: PushContext,
  counted: boolean,
): ReadonlyMap<string, number> {
  const mentioned = Object.hasOwn(event.event.content, 'm.mentions') ? mentionedIn(context, event) : [];
  if (mentioned.length === 0 && room.ownPushRules.size === 0) return nobody;
  const notified = new Map<string, number>();
  for (const userId of mentioned) {
    if (room.ownPushRules.has(userId) || membershipIn(room.get('m.room.member', userId)?.pdu) !== 'join') continue;
    const flags = flagsOf(evaluateForMentionedMember(event, pushContext), counted);
    if (flags !== 0) notified.set(userId, flags);
  }
  for (const [userId, rules] of room.ownPushRules) {
    const member = room.get('m.room.member', userId);
    if (userId === event.event.sender || membershipIn(member?.pdu) !== 'join') continue;
    const displayName = textIn(member?.pdu.content, 'displayname');
    const flags = flagsOf(evaluatePushRules(rules, event, { ...pushContext, displayName }), counted);
    if (flags !== 0) notified.set(userId, flags);
  }
  return notified;
}

function textIn(content: JsonObject | undefined, key: string): string | undefined {
  const value = content?.[key];
  return typeof value === 'string' ? value : undefined;
}

function flagsOf(verdict: { notify: boolean; highlight: boolean }, counted: boolean): number {
  if (!verdict.notify && !verdict.highlight) return 0;
  return (
    (verdict.notify ? notificationFlags.notifies : 0) |
    (verdict.highlight ? notificationFlags.highlights : 0) |
    (counted ? notificationFlags.countedInOrdinal : 0)
  );
}

/** Local users whom the event mentions; whether they are members is for the caller to see. */
function mentionedIn(context: Context, event: PreparedPushEvent): string[] {
  const { userIds } = mentionedUsers(event, { memberCount: 0, senderPowerLevel: 0, notificationLevels: undefined });
  const local = userIds.filter((userId) => userId.endsWith(`:${context.serverName}`) && isUserId(userId));
  return local.length > maxMentions ? [] : local;
}

function pushEventOf(room: HotRoom, intent: EventIntent) {
  const { type, sender, stateKey, content } = intent;
  return { type, room_id: room.roomId, sender, state_key: stateKey, content };
}

function pushContextOf(room: HotRoom, state: AuthState, sender: string): PushContext {
  const powerLevelsEvent = state.get('m.room.power_levels', '');
  const powerLevels = parsePowerLevels(room.rules, powerLevelsEvent);
  return {
    memberCount: room.counts.joined,
    senderPowerLevel: userPowerLevel(room.rules, powerLevels, state.get('m.room.create', ''), sender),
    notificationLevels: powerLevelsEvent?.pdu.content['notifications'],
  };
}

/** The thread root that `m.relates_to` names. https://spec.matrix.org/v1.19/client-server-api/#threading */
function threadRootOf({ content, stateKey }: EventIntent): string | undefined {
  if (stateKey !== undefined) return undefined;
  const relation: JsonValue | undefined = content['m.relates_to'];
  if (typeof relation !== 'object' || relation === null || Array.isArray(relation)) return undefined;
  const rootEventId = relation['event_id'];
  return relation['rel_type'] === 'm.thread' && typeof rootEventId === 'string' ? rootEventId : undefined;
}
