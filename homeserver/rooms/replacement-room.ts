import { parsePowerLevels } from '@holdfast/protocol/authorization/power-levels.ts';
import { roomCreators } from '@holdfast/protocol/authorization/room-creators.ts';
import type { IdentifiedPdu, JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { NewRoom } from './initial-room-events.ts';

/** Types of state events that go along to the room that replaces another. Spaces take their children along, too. */
const transferredTypes = [
  'm.room.server_acl',
  'm.room.encryption',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.guest_access',
  'm.room.history_visibility',
  'm.room.join_rules',
  'm.room.policy',
];
const spaceType = 'm.space';

/** A room that is about to be replaced. */
export interface OldRoom {
  readonly roomId: string;
  readonly rules: RoomVersionRules;
  /** Its state without members. */
  readonly state: readonly IdentifiedPdu[];
  /** The member events of those who are banned. */
  readonly bans: readonly IdentifiedPdu[];
  readonly isPublished: boolean;
  readonly newestEventId: string | undefined;
}

export interface UpgradeRequest {
  readonly userId: string;
  readonly additionalCreators: readonly string[];
  readonly originServerTs: number;
}

/**
 * The request for the room that replaces an old one. Pure.
 * https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-19
 */
export function replacementRoom(rules: RoomVersionRules, old: OldRoom, request: UpgradeRequest): NewRoom {
  const find = (type: string) => old.state.find(({ pdu }) => pdu.type === type && pdu.state_key === '');
  const isSpace = find('m.room.create')?.pdu.content['type'] === spaceType;
  const transferred = old.state.filter(({ pdu }) => {
    if (transferredTypes.includes(pdu.type)) return pdu.state_key === '';
    return isSpace && pdu.type === 'm.space.child' && Object.keys(pdu.content).length > 0;
  });
  const initialState = [...transferred, ...old.bans].map(({ pdu }) => ({
    type: pdu.type,
    stateKey: pdu.state_key ?? '',
    content: pdu.content,
  }));
  if (!find('m.room.guest_access')) {
    initialState.push({ type: 'm.room.guest_access', stateKey: '', content: { guest_access: 'forbidden' } });
  }
  // Last: until then the new room's creator may do everything.
  initialState.push({ type: 'm.room.power_levels', stateKey: '', content: powerLevelContent(rules, old, request) });
  return {
    creator: request.userId,
    preset: 'private_chat',
    creationContent: creationContent(rules, old, request),
    powerLevelOverride: {},
    initialState,
    invite: [],
    isDirect: false,
    published: old.isPublished,
    originServerTs: request.originServerTs,
  };
}

function creationContent(rules: RoomVersionRules, old: OldRoom, { additionalCreators }: UpgradeRequest): JsonObject {
  const before = old.state.find(({ pdu }) => pdu.type === 'm.room.create')?.pdu.content ?? {};
  const predecessor: JsonObject = { room_id: old.roomId };
  // From version 12 on the tombstone alone ties the two rooms together.
  if (!rules.roomIdIsCreateHash && old.newestEventId !== undefined) predecessor['event_id'] = old.newestEventId;
  return {
    ...(before['type'] !== undefined && { type: before['type'] }),
    ...(before['m.federate'] !== undefined && { 'm.federate': before['m.federate'] }),
    ...(rules.privilegedCreators && additionalCreators.length > 0 && { additional_creators: [...additionalCreators] }),
    predecessor,
  };
}

/**
 * The old room's power levels, in the form of the new version: creators stand above all levels from version 12 on and
 * must not have one; where that is no longer so, they get one.
 */
function powerLevelContent(rules: RoomVersionRules, old: OldRoom, request: UpgradeRequest): JsonObject {
  const event = old.state.find(({ pdu }) => pdu.type === 'm.room.power_levels');
  const create = old.state.find(({ pdu }) => pdu.type === 'm.room.create');
  const parsed = parsePowerLevels(old.rules, event);
  const users: Record<string, number> = Object.fromEntries(parsed.users);
  const oldCreators = create ? [...roomCreators(old.rules, create)] : [];
  if (rules.privilegedCreators) {
    for (const userId of [request.userId, ...request.additionalCreators]) delete users[userId];
  } else {
    const highest = Math.max(100, ...parsed.users.values(), ...parsed.events.values(), ...parsed.levels.values());
    if (old.rules.privilegedCreators) for (const userId of oldCreators) users[userId] = highest;
    if (!event) for (const userId of [...oldCreators, request.userId]) users[userId] ??= 100;
  }
  return {
    ...event?.pdu.content,
    ...Object.fromEntries(parsed.levels),
    users,
    events: eventLevels(rules, parsed.events),
    ...(parsed.notifications.size > 0 && { notifications: Object.fromEntries(parsed.notifications) }),
  };
}

/** Replacing a room takes a creator from version 12 on, as in rooms that are made new. */
function eventLevels(rules: RoomVersionRules, levels: ReadonlyMap<string, number>): Record<string, JsonValue> {
  const events: Record<string, JsonValue> = Object.fromEntries(levels);
  if (rules.privilegedCreators) events['m.room.tombstone'] = Math.max(150, levels.get('m.room.tombstone') ?? 0);
  return events;
}

/** The old room's power levels with which only moderators speak and invite; undefined where they are so already. */
export function closedPowerLevels(old: OldRoom): JsonObject | undefined {
  const event = old.state.find(({ pdu }) => pdu.type === 'm.room.power_levels');
  if (!event) return undefined;
  const { usersDefault, eventsDefault, invite } = parsePowerLevels(old.rules, event);
  const restricted = Math.max(50, usersDefault + 1);
  if (eventsDefault >= restricted && invite >= restricted) return undefined;
  return {
    ...event.pdu.content,
    events_default: Math.max(restricted, eventsDefault),
    invite: Math.max(restricted, invite),
  };
}
