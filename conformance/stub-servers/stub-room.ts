import { cryptoPrimitives } from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import type { SigningKey } from '@holdfast/protocol/crypto/crypto-primitives.ts';
import { type BuiltEvent, buildEvent } from '@holdfast/protocol/events/build-event.ts';
import type { EventReference, JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';

/** What somebody sends into a room. */
export interface StubDraft {
  readonly type: string;
  readonly sender: string;
  readonly stateKey?: string;
  readonly content: JsonObject;
}

/** Of all rooms: where the server chooses the ids of events, no two rooms may have the same. */
let serial = 0;

/** A room that lives in memory, with real events in a row: each refers to the one before it. */
export class StubRoom {
  readonly rules: RoomVersionRules;
  roomId = '';
  /** By event id, in the order of their making. */
  readonly events = new Map<string, BuiltEvent>();
  /** The current state, by type and state key, as `tuple` writes them. */
  readonly state = new Map<string, BuiltEvent>();
  #newest: readonly BuiltEvent[] = [];
  #timeMs: number;

  constructor(rules: RoomVersionRules, startTimeMs: number) {
    this.rules = rules;
    this.#timeMs = startTimeMs;
  }

  get newest(): readonly BuiltEvent[] {
    return this.#newest;
  }

  get depth(): number {
    return Math.max(0, ...this.#newest.map(({ pdu }) => pdu.depth));
  }

  /** Makes and keeps an event after the newest ones, authorised by the current state. Signed with `key`. */
  append(draft: StubDraft, key: SigningKey): BuiltEvent {
    const event = this.build(draft, key, this.#newest);
    this.keep(event);
    return event;
  }

  /** Makes an event after the given ones without keeping it. */
  build(draft: StubDraft, key: SigningKey, after: readonly BuiltEvent[]): BuiltEvent {
    const { rules } = this;
    const unplaced = { ...draft, ...(draft.stateKey !== undefined && { state_key: draft.stateKey }) };
    const authEvents = selectAuthEvents(rules, unplaced).flatMap(([type, stateKey]) => {
      const event = this.state.get(tuple(type, stateKey));
      return event === undefined ? [] : [this.refer(event)];
    });
    const built = buildEvent(
      {
        ...draft,
        roomId: this.roomId,
        originServerTs: this.#timeMs++,
        depth: Math.max(0, ...after.map(({ pdu }) => pdu.depth)) + 1,
        prevEvents: after.map((event) => this.refer(event)),
        authEvents,
        eventId: `$${++serial}-${this.#timeMs}:${key.name}`,
      },
      rules,
      key,
      cryptoPrimitives,
    );
    if (built === undefined) throw new Error(`no event of ${JSON.stringify(draft)}`);
    return built;
  }

  /** Takes an event, its own or another server's, as the newest one. */
  keep(event: BuiltEvent): void {
    this.events.set(event.eventId, event);
    this.roomId ||= event.roomId;
    if (event.pdu.state_key !== undefined) this.state.set(tuple(event.pdu.type, event.pdu.state_key), event);
    this.#newest = [event];
  }

  refer(event: BuiltEvent): EventReference {
    if (this.rules.eventIds !== 'server') return event.eventId;
    return [event.eventId, { sha256: event.pdu.hashes?.sha256 ?? '' }];
  }
}

export function tuple(type: string, stateKey: string): string {
  return `${type}\u0000${stateKey}`;
}

export interface StubRoomSize {
  /** Joined users besides the creator, spread over the keys' servers. */
  readonly members: number;
  /** State events of another kind, so that there are as many in all as wanted. */
  readonly otherState: number;
  /** Part of its id, where a server has several rooms. */
  readonly name?: string;
}

/** A public room of the first key's server, made by its user `@maker`. */
export function makeStubRoom(rules: RoomVersionRules, keys: readonly SigningKey[], size: StubRoomSize): StubRoom {
  const [home] = keys as [SigningKey, ...SigningKey[]];
  const maker = `@maker:${home.name}`;
  const room = new StubRoom(rules, Date.now() - 1_000_000);
  const setState = (type: string, content: JsonObject, stateKey = '') =>
    room.append({ type, sender: maker, stateKey, content }, home);
  // Versions before 12 choose their room id; in version 12 the create event is it.
  if (!rules.roomIdIsCreateHash) room.roomId = `!${size.name ?? 'made-for-this-run'}:${home.name}`;
  setState('m.room.create', { room_version: rules.id, ...(!rules.implicitCreator && { creator: maker }) });
  setState('m.room.member', { membership: 'join', displayname: 'Maker' }, maker);
  const users = rules.privilegedCreators ? {} : { [maker]: 100 };
  setState('m.room.power_levels', { users, users_default: 0, events_default: 0, state_default: 50 });
  setState('m.room.join_rules', { join_rule: 'public' });
  setState('m.room.history_visibility', { history_visibility: 'shared' });
  for (let index = 0; index < size.otherState; index++) {
    setState('org.example.fact', { text: `fact number ${index}` }, `fact-${index}`);
  }
  for (let index = 0; index < size.members; index++) {
    const key = keys[index % keys.length] as SigningKey;
    const userId = `@member-${index}:${key.name}`;
    const content = { membership: 'join', displayname: `Member ${index}` };
    room.append({ type: 'm.room.member', sender: userId, stateKey: userId, content }, key);
  }
  return room;
}
