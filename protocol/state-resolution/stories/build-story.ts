import type { AuthState } from '../../authorization/auth-state.ts';
import type { AuthorizationVerdict } from '../../authorization/authorization-verdict.ts';
import { authorizeEvent } from '../../authorization/authorize-event.ts';
import { selectAuthEvents } from '../../authorization/select-auth-events.ts';
import type { EventReference, IdentifiedPdu, JsonObject, JsonValue, Pdu } from '../../events/pdu.ts';
import { isJsonObject } from '../../json/parse-json.ts';
import type { RoomVersionRules } from '../../room-versions/room-version.ts';
import type { ResolutionInput } from '../resolution-input.ts';
import { resolveState } from '../resolve-state.ts';
import { type StateMap, stateTuple, stateTupleOf } from '../state-map.ts';
import type { Story, StoryEvent, StoryState } from './story.ts';

/** A told story: its events with the state after each and the verdict of the state before it. */
export interface BuiltStory {
  readonly input: ResolutionInput;
  readonly verdicts: ReadonlyMap<string, AuthorizationVerdict>;
}

interface StoryRoom {
  readonly rules: RoomVersionRules;
  readonly events: Map<string, IdentifiedPdu>;
  readonly statesAfter: Map<string, StateMap>;
  readonly verdicts: Map<string, AuthorizationVerdict>;
}

/** Makes PDUs of a story's events, with the auth events that the state before each of them gives. */
export function buildStory(rules: RoomVersionRules, story: Pick<Story, 'events' | 'states'>): BuiltStory {
  const room: StoryRoom = { rules, events: new Map(), statesAfter: new Map(), verdicts: new Map() };
  let previous: string | undefined;
  for (const [index, event] of story.events.entries()) {
    addEvent(room, event, index, event.after ?? (previous === undefined ? [] : [previous]));
    previous = event.name;
  }
  const stateSets = story.states.map((state) => readState(room, state));
  return { input: inputOf(room, stateSets), verdicts: room.verdicts };
}

/** The user id of a name; a user id stays as it is. */
export function userIdOf(name: string): string {
  return name.startsWith('@') ? name : `@${name}:${name}.example`;
}

export function eventIdOfName(name: string): string {
  return `$${name}`;
}

function inputOf(room: StoryRoom, stateSets: StateMap[]): ResolutionInput {
  return {
    rules: room.rules,
    stateSets,
    getEvent: (eventId) => room.events.get(eventId),
    verifySignature: () => false,
  };
}

function addEvent(room: StoryRoom, told: StoryEvent, index: number, after: readonly string[]): void {
  const eventId = eventIdOfName(told.name);
  const before = stateAfterAll(room, after);
  const pdu = makePdu(room, told, index, after, before);
  const event: IdentifiedPdu = { eventId, roomId: roomIdOf(room.rules), pdu };
  const verdict = authorizeEvent(room.rules, event, authStateOf(room, pdu, before), () => false);
  room.events.set(eventId, event);
  room.verdicts.set(told.name, verdict);
  // A rejected event leaves the state as it was.
  const tuple = verdict.allowed ? stateTupleOf(pdu) : undefined;
  room.statesAfter.set(eventId, tuple === undefined ? before : new Map([...before, [tuple, eventId]]));
}

function makePdu(room: StoryRoom, told: StoryEvent, index: number, after: readonly string[], before: StateMap): Pdu {
  const { rules } = room;
  const depths = after.map((name) => room.events.get(eventIdOfName(name))?.pdu.depth ?? 0);
  const reference = (eventId: string): EventReference => (rules.eventIds === 'server' ? [eventId, {}] : eventId);
  const pdu: Pdu = {
    type: told.type,
    sender: userIdOf(told.sender),
    content: contentFor(rules, told),
    origin_server_ts: told.at ?? index,
    depth: Math.max(0, ...depths) + 1,
    prev_events: after.map((name) => reference(eventIdOfName(name))),
    auth_events: [],
  };
  if (told.stateKey !== undefined)
    pdu.state_key = told.type === 'm.room.member' ? userIdOf(told.stateKey) : told.stateKey;
  if (told.redacts !== undefined) pdu.redacts = told.redacts;
  if (!(rules.roomIdIsCreateHash && told.type === 'm.room.create')) pdu.room_id = roomIdOf(rules);
  for (const [type, stateKey] of selectAuthEvents(rules, pdu)) {
    const authEventId = before.get(stateTuple(type, stateKey));
    if (authEventId !== undefined) pdu.auth_events.push(reference(authEventId));
  }
  return pdu;
}

/** Names become user ids, and what a room version demands of an event's content is put there. */
function contentFor(rules: RoomVersionRules, { type, sender, content }: StoryEvent): JsonObject {
  if (type === 'm.room.create' && !rules.implicitCreator) return { creator: userIdOf(sender), ...content };
  if (type === 'm.room.power_levels' && isJsonObject(content['users']))
    return { ...content, users: usersFor(rules, content['users']) };
  const authorisingUser = content['join_authorised_via_users_server'];
  if (typeof authorisingUser === 'string') {
    return { ...content, join_authorised_via_users_server: userIdOf(authorisingUser) };
  }
  return content;
}

/** Alice makes the room of every story, and from version 12 on creators are not listed. */
function usersFor(rules: RoomVersionRules, users: JsonValue | undefined): JsonObject {
  const entries = Object.entries(users ?? {}).filter(([name]) => !(rules.privilegedCreators && name === 'alice'));
  return Object.fromEntries(entries.map(([name, level]) => [userIdOf(name), level]));
}

function stateAfterAll(room: StoryRoom, names: readonly string[]): StateMap {
  return resolveState(
    inputOf(
      room,
      names.map((name) => readState(room, { after: name })),
    ),
  );
}

function readState(room: StoryRoom, { after, but = [] }: StoryState): StateMap {
  const state = room.statesAfter.get(eventIdOfName(after));
  if (state === undefined) throw new Error(`The story has no event named ${after}`);
  const changed = new Map(state);
  for (const name of but) {
    const event = room.events.get(eventIdOfName(name));
    const tuple = event && stateTupleOf(event.pdu);
    if (tuple === undefined) throw new Error(`The story has no state event named ${name}`);
    changed.set(tuple, eventIdOfName(name));
  }
  return changed;
}

/** The rules may look at the create event and at what an event of this kind has among its auth events: at no more. */
function authStateOf(room: StoryRoom, pdu: Pdu, state: StateMap): AuthState {
  const selected = selectAuthEvents(room.rules, pdu).map(([type, stateKey]) => stateTuple(type, stateKey));
  const readable = new Set([...selected, stateTuple('m.room.create', '')]);
  return {
    get(type, stateKey) {
      const tuple = stateTuple(type, stateKey);
      if (!readable.has(tuple)) throw new Error(`The rules look at ${type} ${stateKey}, which is not selected`);
      const eventId = state.get(tuple);
      return eventId === undefined ? undefined : room.events.get(eventId);
    },
  };
}

function roomIdOf(rules: RoomVersionRules): string {
  return rules.roomIdIsCreateHash ? '!create' : '!room:alice.example';
}
