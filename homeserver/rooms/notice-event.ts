import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { parsePowerLevels, userPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import type { UnplacedPdu } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { redactedEventIdOf } from '@holdfast/protocol/events/client-event.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { threadRootOf } from '@holdfast/protocol/events/relation.ts';
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
import { hiddenFlags } from '../storage/rooms/event-row.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { readNotifyOrdinal } from '../storage/rooms/read-room-summary.ts';
import { notificationFlags } from '../storage/rooms/write-notifications.ts';
import { type HotRoom, membershipIn, type ThreadCount } from './hot-room.ts';
import { loadMembers } from './load-hot-room.ts';

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
}

/** The room in which an event is counted, with all that comes before it. */
export interface NoticingRoom extends AuthState {
  readonly room: HotRoom;
  readonly joinedCount: number;
  /** Notifying events of the main timeline so far. */
  readonly notifyOrdinal: number;
  thread(rootEventId: string): ThreadCount | undefined;
}

/** Mentions beyond this many users count for nobody: nobody reads such a list. */
const maxMentions = 200;
const nobody: ReadonlyMap<string, number> = new Map();

/** Loads the thread that an event is part of and the members it mentions; a thread without its root here is none. */
export async function prepareNotice(context: Context, room: HotRoom, event: UnplacedPdu): Promise<void> {
  if (Object.hasOwn(event.content, 'm.mentions')) {
    const mentioned = mentionedIn(context, preparePushEvent(pushEventOf(room, event)));
    await loadMembers(context, room, mentioned);
    // Members' names are known; those of others are not worth a place among the names.
    await findNames(context, mentioned);
  }
  const rootEventId = threadRootOf(event);
  if (rootEventId === undefined || room.threads.has(rootEventId)) return;
  const root = await readEventById(context, rootEventId);
  if (!root || root.roomNumber !== room.name.id || root.thread !== null || (root.flags & hiddenFlags) !== 0) return;
  const ordinal = await readNotifyOrdinal(context, room.name, root.position);
  room.threads.set(rootEventId, { position: root.position, ordinal });
}

/** Decides how an event counts as the next one of a room. */
export function noticeEvent(
  context: Context,
  state: NoticingRoom,
  event: UnplacedPdu & Pick<Pdu, 'redacts'>,
): EventNotice {
  const { rules } = state.room;
  const pushEvent = preparePushEvent(pushEventOf(state.room, event));
  const pushContext = pushContextOf(state, event.sender);
  const verdict = evaluateForDefaultMember(pushEvent, pushContext);
  const rootEventId = threadRootOf(event);
  const thread = rootEventId === undefined ? undefined : state.thread(rootEventId);
  const ordinal = (thread?.ordinal ?? state.notifyOrdinal) + (verdict.notify ? 1 : 0);
  return {
    notifies: verdict.notify,
    highlightsAll: verdict.highlight,
    notified: notifiedMembers(context, state, pushEvent, pushContext, verdict.notify),
    ordinal,
    thread: thread && rootEventId !== undefined ? { rootEventId, position: thread.position } : undefined,
    redacts: event.type === 'm.room.redaction' ? redactedEventIdOf(event as Pdu, rules) : undefined,
  };
}

function notifiedMembers(
  context: Context,
  state: NoticingRoom,
  event: PreparedPushEvent,
  pushContext: PushContext,
  counted: boolean,
): ReadonlyMap<string, number> {
  const { ownPushRules } = state.room;
  const mentioned = Object.hasOwn(event.event.content, 'm.mentions') ? mentionedIn(context, event) : [];
  if (mentioned.length === 0 && ownPushRules.size === 0) return nobody;
  const notified = new Map<string, number>();
  for (const userId of mentioned) {
    if (ownPushRules.has(userId) || membershipIn(state.get('m.room.member', userId)?.pdu) !== 'join') continue;
    const flags = flagsOf(evaluateForMentionedMember(event, pushContext), counted);
    if (flags !== 0) notified.set(userId, flags);
  }
  for (const [userId, rules] of ownPushRules) {
    const member = state.get('m.room.member', userId);
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

function pushEventOf(room: HotRoom, { type, sender, state_key, content }: UnplacedPdu) {
  return { type, room_id: room.roomId, sender, state_key, content };
}

function pushContextOf(state: NoticingRoom, sender: string): PushContext {
  const { rules } = state.room;
  const powerLevelsEvent = state.get('m.room.power_levels', '');
  const powerLevels = parsePowerLevels(rules, powerLevelsEvent);
  return {
    memberCount: state.joinedCount,
    senderPowerLevel: userPowerLevel(rules, powerLevels, state.get('m.room.create', ''), sender),
    notificationLevels: powerLevelsEvent?.pdu.content['notifications'],
  };
}

/** The thread root that `m.relates_to` names. https://spec.matrix.org/v1.19/client-server-api/#threading */
