import type { JsonObject, JsonValue } from '../../events/pdu.ts';
import type { RoomVersionId } from '../../room-versions/room-version.ts';

/** An event of a story. People are written by their first name; the builder makes user ids of them. */
export interface StoryEvent {
  /** The event's name in the story; its event id is `$` and the name. */
  readonly name: string;
  readonly sender: string;
  readonly type: string;
  readonly stateKey?: string;
  readonly content: JsonObject;
  /** The event id of what it redacts. */
  readonly redacts?: string;
  /** The events it comes after; the one told before it, unless said otherwise. */
  readonly after?: readonly string[];
  /** `origin_server_ts`; unless said otherwise the event's place in the story. */
  readonly at?: number;
  /** The state before it does not allow it, so that it is rejected and changes nothing. */
  readonly isUnauthorised?: boolean;
}

/** A state set: the state after an event, or that with some entries replaced by those of older or other events. */
export interface StoryState {
  readonly after: string;
  readonly but?: readonly string[];
}

export interface Story {
  readonly story: string;
  /** Where the story comes from, or what it holds. */
  readonly source?: string;
  readonly versions: readonly RoomVersionId[];
  readonly events: readonly StoryEvent[];
  readonly states: readonly StoryState[];
  /** The event that each entry, written `type` or `type/state key`, resolves to; null where it is absent. */
  readonly resolved: Readonly<Record<string, string | null>>;
}

export const everyVersion: readonly RoomVersionId[] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];
export const sinceVersion2 = everyVersion.slice(1);
export const versions2To11 = everyVersion.slice(1, -1);
export const sinceVersion8 = everyVersion.slice(7);

type Placed = Pick<StoryEvent, 'after' | 'at' | 'isUnauthorised'>;

/** The beginning of most stories: Alice makes a public room, gives out levels, and the others join. */
export function openRoom(levels: Record<string, JsonValue>, ...members: string[]): StoryEvent[] {
  return [
    create('alice'),
    joins('alice'),
    powerLevels('first levels', 'alice', { alice: 100, ...levels }),
    joinRules('public room', 'alice', 'public'),
    ...members.map((member) => joins(member)),
  ];
}

export function create(sender: string, content: JsonObject = {}): StoryEvent {
  return { name: 'create', sender, type: 'm.room.create', stateKey: '', content, after: [] };
}

export function joins(who: string, placed: Placed & { name?: string; content?: JsonObject } = {}): StoryEvent {
  const { name = `${who} joins`, content = {}, ...rest } = placed;
  return membership(name, who, who, { ...content, membership: 'join' }, rest);
}

export function leaves(who: string, placed: Placed = {}): StoryEvent {
  return membership(`${who} leaves`, who, who, { membership: 'leave' }, placed);
}

export function invites(sender: string, target: string, placed: Placed = {}): StoryEvent {
  return membership(`${sender} invites ${target}`, sender, target, { membership: 'invite' }, placed);
}

/** A kick, or the lifting of a ban. */
export function removes(sender: string, target: string, placed: Placed = {}): StoryEvent {
  return membership(`${sender} removes ${target}`, sender, target, { membership: 'leave' }, placed);
}

export function bans(sender: string, target: string, placed: Placed = {}): StoryEvent {
  return membership(`${sender} bans ${target}`, sender, target, { membership: 'ban' }, placed);
}

export function powerLevels(
  name: string,
  sender: string,
  users: Record<string, JsonValue>,
  placed: Placed & { content?: JsonObject } = {},
): StoryEvent {
  const { content = {}, ...rest } = placed;
  return { name, sender, type: 'm.room.power_levels', stateKey: '', content: { ...content, users }, ...rest };
}

export function joinRules(name: string, sender: string, joinRule: string, placed: Placed = {}): StoryEvent {
  return { name, sender, type: 'm.room.join_rules', stateKey: '', content: { join_rule: joinRule }, ...placed };
}

export function topic(name: string, sender: string, placed: Placed = {}): StoryEvent {
  return { name, sender, type: 'm.room.topic', stateKey: '', content: { topic: name }, ...placed };
}

export function says(name: string, sender: string, placed: Placed = {}): StoryEvent {
  return { name, sender, type: 'm.room.message', content: { body: name }, ...placed };
}

export function knocks(who: string, placed: Placed = {}): StoryEvent {
  return membership(`${who} knocks`, who, who, { membership: 'knock' }, placed);
}

/** Any other event. */
export function sends(
  sender: string,
  type: string,
  content: JsonObject,
  placed: Placed & { name?: string; stateKey?: string; redacts?: string } = {},
): StoryEvent {
  return { name: type, sender, type, content, ...placed };
}

function membership(name: string, sender: string, target: string, content: JsonObject, placed: Placed): StoryEvent {
  return { name, sender, type: 'm.room.member', stateKey: target, content, ...placed };
}
