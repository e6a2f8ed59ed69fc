import { defaultPushRules } from '@holdfast/protocol/push-rules/default-push-rules.ts';
import { compilePushRules } from '@holdfast/protocol/push-rules/evaluate-push-rules.ts';
import {
  hasPushRuleChanges,
  mergePushRules,
  type PushRuleChanges,
} from '@holdfast/protocol/push-rules/push-rule-changes.ts';
import type { Context } from '../platform/context.ts';
import { readPushRuleChanges, readPushRuleChangesInRoom } from '../storage/accounts/read-push-rule-changes.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { type HotRoom, membershipIn } from './hot-room.ts';
import { loadMembers } from './load-hot-room.ts';

/** Changes of push rules that this process heard of, newest last, so that hot rooms can follow them. */
interface HeardChanges {
  /** Number of the first user id in `users`. */
  first: number;
  users: string[];
}

/** Rooms that are further behind than this read their members' rules again. */
const rememberedChanges = 1_000;
const heardByContext = new WeakMap<Context, HeardChanges>();

function heardChanges(context: Context): HeardChanges {
  const known = heardByContext.get(context);
  if (known) return known;
  const heard: HeardChanges = { first: 0, users: [] };
  heardByContext.set(context, heard);
  context.shardLog.tail.subscribe((_, entries) => {
    for (const entry of entries) {
      if (entry.kind === 'account-data' && entry.body.type === 'm.push_rules') heard.users.push(entry.body.userId);
    }
    const excess = heard.users.length - rememberedChanges;
    if (excess > 0) {
      heard.users.splice(0, excess);
      heard.first += excess;
    }
  });
  return heard;
}

export function hasFollowedPushRules(context: Context, room: HotRoom): boolean {
  const heard = heardChanges(context);
  return room.pushRulesHeard === heard.first + heard.users.length;
}

/** Brings the room's knowledge of its members' own push rules up to date. Without news it costs nothing. */
export async function followPushRules(context: Context, room: HotRoom): Promise<void> {
  const heard = heardChanges(context);
  const newest = heard.first + heard.users.length;
  if (room.pushRulesHeard === newest) return;
  if (room.pushRulesHeard < heard.first) {
    room.ownPushRules.clear();
    putRules(room, await readPushRuleChangesInRoom(context, room.name.id));
  } else {
    const changed = heard.users.slice(room.pushRulesHeard - heard.first);
    await loadMembers(context, room, changed);
    const members = changed.filter((userId) => membershipIn(room.get('m.room.member', userId)?.pdu) === 'join');
    for (const userId of members) room.ownPushRules.delete(userId);
    putRules(room, await readPushRuleChanges(context, members));
  }
  // Their display names are in their member events.
  await loadMembers(context, room, room.ownPushRules.keys());
  await internNames(context, room.ownPushRules.keys());
  room.pushRulesHeard = newest;
}

/** Reads the push rules of users who are about to join; what they changed counts from their join on. */
export async function readJoinersPushRules(context: Context, room: HotRoom, userIds: readonly string[]): Promise<void> {
  const heard = heardChanges(context);
  const newest = heard.first + heard.users.length;
  const unread = userIds.filter(
    (userId) => userId.endsWith(`:${context.serverName}`) && room.joinersHeard.get(userId) !== newest,
  );
  putRules(room, await readPushRuleChanges(context, unread));
  // Those who were refused after all are forgotten together.
  if (room.joinersHeard.size > rememberedChanges) room.joinersHeard.clear();
  for (const userId of unread) room.joinersHeard.set(userId, newest);
}

function putRules(room: HotRoom, changes: ReadonlyMap<string, PushRuleChanges>): void {
  for (const [userId, changed] of changes) {
    if (!hasPushRuleChanges(changed)) continue;
    room.ownPushRules.set(userId, compilePushRules(mergePushRules(defaultPushRules(userId), changed)));
  }
}
