import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { type BuiltEvent, buildEvent } from '@holdfast/protocol/events/build-event.ts';
import { type EventReference, type JsonObject, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { stateTuple, stateTupleOf } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../platform/context.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import { addOutliers } from '../rooms/add-outliers.ts';
import { enterRoom } from '../rooms/enter-room.ts';
import { eventReference } from '../rooms/event-reference.ts';

/** What somebody on another server sends. */
export interface RemoteDraft {
  readonly type: string;
  readonly sender: string;
  readonly stateKey?: string;
  readonly content?: JsonObject;
  readonly redacts?: string;
  /** Ids of the events that it comes after; the newest one where they are left out. */
  readonly after?: readonly string[];
  /** Ids of its auth events, where they are not those of the state. */
  readonly auth?: readonly string[];
}

type State = ReadonlyMap<string, BuiltEvent>;

let rooms = 0;

/**
 * A room that lives on other servers, whose events tests give to this one. Each event's auth events are those of the
 * state after the first event that it comes after: states are not resolved here. Its signatures say nothing.
 */
export class RemoteRoom {
  readonly rules: RoomVersionRules;
  readonly creator: string;
  readonly events = new Map<string, BuiltEvent>();
  /** The state after one event, carried on from event to event while they come after each other. */
  #state: { readonly eventId: string; readonly events: Map<string, BuiltEvent> } = { eventId: '', events: new Map() };
  readonly #number = ++rooms;
  newest = '';
  roomId = '';
  #clockMs = 1_700_000_000_000;

  /** A public room with its creator in it. */
  constructor(version = '11', creator = '@ann:remote.example') {
    this.rules = roomVersionRules(version) as RoomVersionRules;
    this.creator = creator;
    const state = (type: string, content: JsonObject, stateKey = '') =>
      this.send({ type, sender: creator, stateKey, content });
    state('m.room.create', { room_version: version, creator, number: this.#number });
    state('m.room.member', { membership: 'join' }, creator);
    const users = this.rules.privilegedCreators ? {} : { [creator]: 100 };
    state('m.room.power_levels', { users, state_default: 50, events_default: 0, ban: 50, redact: 50 });
    state('m.room.join_rules', { join_rule: 'public' });
  }

  send(draft: RemoteDraft): BuiltEvent {
    const { type, sender, stateKey, content = {}, redacts } = draft;
    const after = draft.after ?? (this.newest === '' ? [] : [this.newest]);
    const state = this.#stateAfter(after[0]);
    const depths = after.map((eventId) => this.events.get(eventId)?.pdu.depth ?? 0);
    const built = buildEvent(
      {
        type,
        sender,
        stateKey,
        content: redacts !== undefined && this.rules.redactsInContent ? { ...content, redacts } : content,
        redacts,
        roomId: this.roomId === '' && !this.rules.roomIdIsCreateHash ? `!r${this.#number}:remote.example` : this.roomId,
        originServerTs: ++this.#clockMs,
        depth: Math.max(0, ...depths) + 1,
        prevEvents: after.map((eventId) => this.#reference(this.events.get(eventId) as BuiltEvent)),
        authEvents: draft.auth?.map((id) => this.#reference(this.#event(id))) ?? this.#authEvents(state, draft),
        eventId: `$${this.events.size}x${this.#number}:remote.example`,
      },
      this.rules,
      { name: 'remote.example', keyId: 'ed25519:1', secretKey: new Uint8Array(64) },
      { ...cryptoPrimitives, sign: () => new Uint8Array(64) },
    );
    if (!built) throw new Error('an event could not be built');
    this.roomId = built.roomId;
    this.events.set(built.eventId, built);
    if (stateKey !== undefined) state.set(stateTuple(type, stateKey), built);
    this.#state = { eventId: built.eventId, events: state };
    this.newest = built.eventId;
    return built;
  }

  /** Ids of the state after the newest event, by state tuple. */
  stateIds(): ReadonlyMap<string, string> {
    return new Map([...this.#stateAfter(this.newest)].map(([tuple, { eventId }]) => [tuple, eventId]));
  }

  message(sender: string, body: string, after?: readonly string[]): BuiltEvent {
    const content = { msgtype: 'm.text', body };
    return this.send({ type: 'm.room.message', sender, content, ...(after && { after }) });
  }

  member(sender: string, membership: string, userId = sender, after?: readonly string[]): BuiltEvent {
    const content = { membership };
    return this.send({ type: 'm.room.member', sender, stateKey: userId, content, ...(after && { after }) });
  }

  /**
   * Brings a server into the room by a join, which is made here and must be of a user of that server; with partial state
   * the server knows no member but the creator and the one who joins.
   */
  async enter(context: Context, userId: string, isPartial = false): Promise<BuiltEvent> {
    const isTold = ({ pdu }: BuiltEvent) =>
      !isPartial || pdu.type !== 'm.room.member' || pdu.state_key === this.creator;
    const state = [...this.#stateAfter(this.newest).values()].filter(isTold);
    const stateEventIds = state.map(({ eventId }) => eventId);
    const join = this.member(userId, 'join');
    const before = [...this.events.values()].filter((event) => event.eventId !== join.eventId && isTold(event));
    for (let first = 0; first < before.length; first += 500) {
      await addOutliers(context, this.roomId, this.rules.id, before.slice(first, first + 500));
    }
    const { roomId } = this;
    const partial = isPartial ? { servers: ['remote.example'] } : null;
    const entered = await enterRoom(context, { roomId, joinEvent: join, stateEventIds, partial });
    if (entered.outcome !== 'accepted') throw new Error(`the join was ${entered.outcome}: ${entered.reason ?? ''}`);
    return join;
  }

  #event(eventId: string): BuiltEvent {
    const event = this.events.get(eventId);
    if (!event) throw new Error(`there is no event ${eventId}`);
    return event;
  }

  #stateAfter(eventId: string | undefined): Map<string, BuiltEvent> {
    if (eventId === undefined) return new Map();
    if (this.#state.eventId === eventId) return this.#state.events;
    const path: BuiltEvent[] = [];
    for (let event = this.events.get(eventId); event; ) {
      path.push(event);
      const [prev] = event.pdu.prev_events;
      event = prev === undefined ? undefined : this.events.get(referencedEventId(prev));
    }
    const state = new Map<string, BuiltEvent>();
    for (const event of path.toReversed()) {
      const tuple = stateTupleOf(event.pdu);
      if (tuple !== undefined) state.set(tuple, event);
    }
    return state;
  }

  #authEvents(state: State, draft: RemoteDraft): EventReference[] {
    const { type, sender, stateKey, content = {} } = draft;
    const pdu = { type, sender, content, ...(stateKey !== undefined && { state_key: stateKey }) };
    const view: AuthState = { get: (authType, key) => state.get(stateTuple(authType, key)) };
    return selectAuthEvents(this.rules, pdu).flatMap(([authType, key]) => {
      const event = view.get(authType, key);
      return event ? [this.#reference(event)] : [];
    });
  }

  #reference({ eventId, pdu }: Pick<BuiltEvent, 'eventId' | 'pdu'>): EventReference {
    return eventReference(this.rules, eventId, pdu);
  }
}
