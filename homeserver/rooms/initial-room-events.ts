import { domainOf } from '@holdfast/protocol/authorization/auth-state.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { EventIntent } from './event-intent.ts';

export type RoomPreset = 'private_chat' | 'public_chat' | 'trusted_private_chat';

/** A checked /createRoom request. */
export interface RoomBlueprint {
  readonly creator: string;
  /** `displayname` and `avatar_url` of the creator's member event. */
  readonly creatorProfile: JsonObject;
  readonly preset: RoomPreset;
  readonly creationContent: JsonObject;
  readonly powerLevelOverride: JsonObject;
  readonly initialState: readonly { readonly type: string; readonly stateKey: string; readonly content: JsonObject }[];
  readonly canonicalAlias?: string | undefined;
  readonly name?: string | undefined;
  readonly topic?: string | undefined;
  readonly invite: readonly string[];
  /** Members of invited users' member events, by user id. */
  readonly inviteProfiles: Readonly<Record<string, JsonObject>>;
  readonly isDirect: boolean;
  readonly originServerTs: number;
}

/** A /createRoom request whose parts have the right types. */
export interface NewRoom extends Omit<RoomBlueprint, 'creatorProfile' | 'inviteProfiles'> {
  /** List it in the public directory. */
  readonly published?: boolean;
}

const presets = {
  private_chat: { joinRule: 'invite', guestAccess: 'can_join' },
  trusted_private_chat: { joinRule: 'invite', guestAccess: 'can_join' },
  // Without the event, guests are not let in.
  public_chat: { joinRule: 'public', guestAccess: undefined },
} as const;

/**
 * The events of a new room, in the order in which they must be applied.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export function initialRoomEvents(rules: RoomVersionRules, blueprint: RoomBlueprint): EventIntent[] {
  const { creator, originServerTs } = blueprint;
  const state = (type: string, content: JsonObject, stateKey = ''): EventIntent => ({
    type,
    sender: creator,
    stateKey,
    content,
    originServerTs,
  });
  const { joinRule, guestAccess } = presets[blueprint.preset];
  const given = new Set(blueprint.initialState.map(({ type, stateKey }) => `${type}\0${stateKey}`));
  const unlessGiven = (event: EventIntent) => (given.has(`${event.type}\0`) ? [] : [event]);
  return [
    state('m.room.create', createContent(rules, blueprint)),
    state('m.room.member', { ...blueprint.creatorProfile, membership: 'join' }, creator),
    ...unlessGiven(state('m.room.power_levels', powerLevelContent(rules, blueprint))),
    ...(blueprint.canonicalAlias === undefined
      ? []
      : [state('m.room.canonical_alias', { alias: blueprint.canonicalAlias })]),
    ...unlessGiven(state('m.room.join_rules', { join_rule: joinRule })),
    ...unlessGiven(state('m.room.history_visibility', { history_visibility: 'shared' })),
    ...(guestAccess === undefined ? [] : unlessGiven(state('m.room.guest_access', { guest_access: guestAccess }))),
    ...blueprint.initialState
      .filter(({ type }) => !(type === 'm.room.name' && blueprint.name !== undefined))
      .filter(({ type }) => !(type === 'm.room.topic' && blueprint.topic !== undefined))
      .map(({ type, stateKey, content }) => state(type, content, stateKey)),
    ...(blueprint.name === undefined ? [] : [state('m.room.name', { name: blueprint.name })]),
    ...(blueprint.topic === undefined ? [] : [state('m.room.topic', topicContent(blueprint.topic))]),
    ...localInvites(blueprint).map((userId) =>
      state(
        'm.room.member',
        {
          ...blueprint.inviteProfiles[userId],
          membership: 'invite',
          ...(blueprint.isDirect && { is_direct: true }),
        },
        userId,
      ),
    ),
  ];
}

/** Those who are invited from the beginning. Users of other servers are invited when the room is there. */
function localInvites({ creator, invite }: RoomBlueprint): string[] {
  return invite.filter((userId) => domainOf(userId) === domainOf(creator));
}

function createContent(rules: RoomVersionRules, blueprint: RoomBlueprint): JsonObject {
  const content: JsonObject = { ...blueprint.creationContent, room_version: rules.id };
  if (rules.implicitCreator) delete content['creator'];
  else content['creator'] = blueprint.creator;
  if (rules.privilegedCreators && blueprint.preset === 'trusted_private_chat') {
    const given = content['additional_creators'];
    const named = Array.isArray(given) ? given.filter((userId) => typeof userId === 'string') : [];
    content['additional_creators'] = [...new Set([...named, ...blueprint.invite])];
  }
  return content;
}

function powerLevelContent(rules: RoomVersionRules, blueprint: RoomBlueprint): JsonObject {
  const users: JsonObject = {};
  if (!rules.privilegedCreators) {
    users[blueprint.creator] = 100;
    if (blueprint.preset === 'trusted_private_chat') for (const userId of blueprint.invite) users[userId] = 100;
  }
  return {
    users,
    users_default: 0,
    events: {
      'm.room.name': 50,
      'm.room.power_levels': 100,
      'm.room.history_visibility': 100,
      'm.room.canonical_alias': 50,
      'm.room.avatar': 50,
      // From version 12 on nobody but the creators may replace a room.
      'm.room.tombstone': rules.privilegedCreators ? 150 : 100,
      'm.room.server_acl': 100,
      'm.room.encryption': 100,
    },
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: blueprint.preset === 'public_chat' ? 50 : 0,
    historical: 100,
    ...blueprint.powerLevelOverride,
  };
}

/** https://spec.matrix.org/v1.19/client-server-api/#mroomtopic */
function topicContent(topic: string): JsonObject {
  return { topic, 'm.topic': { 'm.text': [{ body: topic, mimetype: 'text/plain' }] } };
}
