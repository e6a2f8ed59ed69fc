import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { PushRule, PushRuleKind } from '@holdfast/protocol/push-rules/push-rule.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { readAccountData } from '../storage/accounts/read-account-data.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { readStateEvent } from '../storage/rooms/read-state.ts';
import { setAccountData } from './account-data.ts';
import { changePushRules, readPushRules } from './push-rules.ts';

/** Room ids to the ids of the rooms that they replace, '' where they replace none. */
const cachedPredecessors = 20_000;
const cachesByDatabase = new WeakMap<object, BoundedCache<string, string>>();

/** The room that a room replaces, as its create event says. A query once per process and room. */
async function findPredecessor(context: Context, roomId: string): Promise<string | undefined> {
  const cache = cachesByDatabase.get(context.database) ?? new BoundedCache<string, string>(cachedPredecessors);
  cachesByDatabase.set(context.database, cache);
  let predecessor = cache.get(roomId);
  if (predecessor === undefined) {
    const room = await findRoom(context, roomId);
    const create = room && (await readStateEvent(context, room, 'm.room.create', ''));
    if (!create) return undefined;
    predecessor = predecessorIn(create.pdu.content);
    cache.set(roomId, predecessor);
  }
  return predecessor === '' ? undefined : predecessor;
}

function predecessorIn({ predecessor }: JsonObject): string {
  const roomId = isObject(predecessor) ? predecessor['room_id'] : undefined;
  return typeof roomId === 'string' ? roomId : '';
}

/**
 * Gives a user who has come to a room the tags, push rules and the place among direct chats that the user has for the
 * room which it replaces. What the user has for the new room already stays. Nothing happens for rooms that replace
 * none.
 * https://spec.matrix.org/v1.19/client-server-api/#room-upgrades
 */
export async function carryOverRoomSettings(context: Context, userId: string, roomId: string): Promise<void> {
  const predecessor = await findPredecessor(context, roomId);
  if (predecessor === undefined || predecessor === roomId) return;
  try {
    await carryOverTags(context, userId, predecessor, roomId);
    await carryOverDirectChat(context, userId, predecessor, roomId);
    await carryOverPushRules(context, userId, predecessor, roomId);
  } catch (error) {
    // An account that is full keeps what it has; being in the room does not depend on it.
    if (!(error instanceof MatrixError) || error.status >= 500) throw error;
  }
}

async function carryOverTags(context: Context, userId: string, from: string, to: string): Promise<void> {
  const type = 'm.tag';
  const [old, present] = await Promise.all([from, to].map((id) => readAccountData(context.database, userId, id, type)));
  if (old === undefined || present !== undefined) return;
  await setAccountData(context, { userId, roomId: to, type }, JSON.parse(old) as JsonObject);
}

async function carryOverDirectChat(context: Context, userId: string, from: string, to: string): Promise<void> {
  const type = 'm.direct';
  const text = await readAccountData(context.database, userId, '', type);
  if (text === undefined) return;
  let isChanged = false;
  const directChats = Object.fromEntries(
    Object.entries(JSON.parse(text) as JsonObject).map(([other, rooms]) => {
      if (!Array.isArray(rooms) || !rooms.includes(from) || rooms.includes(to)) return [other, rooms];
      isChanged = true;
      return [other, [...rooms, to]];
    }),
  );
  if (isChanged) await setAccountData(context, { userId, roomId: '', type }, directChats);
}

/** Rules that are about one room: those of the kind "room", and those with a condition on the room's id. */
async function carryOverPushRules(context: Context, userId: string, from: string, to: string): Promise<void> {
  const rules = await readPushRules(context, userId);
  const kinds: PushRuleKind[] = ['override', 'room', 'underride'];
  for (const kind of kinds) {
    for (const rule of rules[kind]) {
      const copied = copiedRule(kind, rule, from, to);
      if (!copied || rules[kind].some((other) => other.rule_id === copied.ruleId)) continue;
      await changePushRules(context, userId, { kind, what: 'put', ruleId: copied.ruleId, rule: copied.rule });
      if (!rule.enabled) {
        await changePushRules(context, userId, { kind, what: 'enable', ruleId: copied.ruleId, enabled: false });
      }
    }
  }
}

function copiedRule(
  kind: PushRuleKind,
  rule: PushRule,
  from: string,
  to: string,
): { ruleId: string; rule: JsonObject } | undefined {
  const actions = rule.actions as unknown as JsonValue[];
  if (kind === 'room') return rule.rule_id === from ? { ruleId: to, rule: { actions } } : undefined;
  const isOfRoom = (condition: JsonObject) => condition['key'] === 'room_id' && condition['pattern'] === from;
  if (rule.default || !rule.conditions?.some(isOfRoom)) return undefined;
  const conditions = rule.conditions.map((condition) =>
    isOfRoom(condition) ? { ...condition, pattern: to } : condition,
  );
  const ruleId = rule.rule_id.includes(from) ? rule.rule_id.replace(from, to) : `${rule.rule_id}_${to}`;
  return { ruleId, rule: { actions, conditions } };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
