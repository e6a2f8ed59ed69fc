import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { type EventReference, type IdentifiedPdu, type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { CompiledPushRules } from '@holdfast/protocol/push-rules/evaluate-push-rules.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { type StateTuple, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import { type RoomName, rulesOfRoom } from '../storage/names/room-names.ts';
import type { AuthGraphMemory } from './auth-graph-memory.ts';
import type { LoadedPolicy } from './policy-servers/loaded-policy.ts';
import type { Overrides, StatePlace } from './state-overrides.ts';
import { WaitingEvents } from './waiting-events.ts';

/** A current state event. */
export interface StateEntry extends IdentifiedPdu {
  /** Of the event's row. */
  readonly position: number;
  /** Where it became current: the start of its span. */
  readonly since: number;
}

/** An accepted event that no other accepted one comes after. */
export interface Extremity {
  readonly eventId: string;
  /** As the next event refers to it. */
  readonly reference: EventReference;
  readonly depth: number;
  readonly position: number;
  /** The state after it. */
  readonly overrides: Overrides;
  readonly place: StatePlace;
}

/** The state after an event that is no extremity. */
export interface StateAfterMemory {
  readonly stateVersion: number;
  readonly overrides: Overrides;
  readonly place: StatePlace;
}

/** A thread, with how many notifying events it has had. */
export interface ThreadCount {
  /** Of its root. */
  readonly position: number;
  readonly ordinal: number;
}

/** Counts per membership that are kept exact in memory. */
export interface MemberCounts {
  joined: number;
  invited: number;
}

/** State events that were read to resolve states, kept for the next time. */
const keptStateEvents = 20_000;
const keptStatesAfter = 200;
/** Rough memory of a state event beside its JSON. */
const stateEntryBytes = 2_000;

/**
 * A room in the memory of its shard's owner, ahead of the commits: enough to authorise and build an event without a
 * query. Members are loaded when they are needed, so that a room of 100,000 costs no more than one of ten.
 */
export class HotRoom implements AuthState {
  readonly name: RoomName;
  readonly rules: RoomVersionRules;
  readonly #state = new Map<StateTuple, StateEntry>();
  /** null: known to have no member event. */
  readonly #members = new Map<string, StateEntry | null>();
  /** Every member event is in memory: who has none here has none at all. */
  readonly #membersComplete: boolean;
  /** Root event id to the thread's root position and notifying events so far. */
  readonly threads = new Map<string, ThreadCount>();
  readonly counts: MemberCounts;
  /** Joined with partial state: who has no member event here may be a member all the same. */
  isPartial = false;
  /** The policy server that own events need, when they were last prepared. */
  policy: LoadedPolicy | undefined;
  /** Joined local members whose push rules are not the predefined ones. */
  readonly ownPushRules = new Map<string, CompiledPushRules>();
  /** How many changes of push rules it has followed; see own-push-rules.ts. */
  pushRulesHeard = -1;
  /** Those about to join whose rules were read, with the number of changes heard of by then. */
  readonly joinersHeard = new Map<string, number>();
  /** What the next event comes after, oldest first. Replaced as a whole when it changes. */
  extremities: readonly Extremity[];
  /** State that resolution took away, with the position since which it is gone. */
  readonly absent = new Map<StateTuple, number>();
  /** Events that are appended and not committed, which the database does not show yet. */
  readonly pending = new Set<string>();
  /** Annotations that are appended and not committed; see duplicate-annotation.ts. */
  readonly pendingAnnotations = new Set<string>();
  /** Events of other servers that wait for others. */
  readonly waiting = new WaitingEvents();
  /** Event ids that redactions name and that are not here yet. */
  readonly earlyRedactions = new Set<string>();
  /** States after events that were read lately, by position; good as long as the current state stays what it is. */
  readonly statesAfter = new BoundedCache<number, StateAfterMemory>(keptStatesAfter);
  /** Grows with every change of the current state. */
  stateVersion = 0;
  /** So many there were when nobody of this server might merge them. */
  unmergedExtremities = 0;
  /** Present once a resolution needed it. */
  authGraph: AuthGraphMemory | undefined;
  readonly stateEvents = new BoundedCache<string, IdentifiedPdu>(keptStateEvents);
  /** Notifying events of the main timeline so far. */
  notifyOrdinal: number;
  /**
   * The shard's position when anything but the extremities, the counts of notifications and the threads changed last, or
   * one after it; Infinity: no position tells.
   */
  changedAt: number;
  /** Appended changes that are not committed yet; a room with any is not evicted. */
  uncommitted = 0;

  constructor(
    name: RoomName,
    loaded: {
      readonly state: Iterable<StateEntry>;
      /** `state` has every member event that there is. */
      readonly membersComplete: boolean;
      readonly counts: MemberCounts;
      readonly extremities: readonly Extremity[];
      readonly notifyOrdinal: number;
      readonly changedAt: number;
    },
  ) {
    this.name = name;
    this.rules = rulesOfRoom(name);
    this.#membersComplete = loaded.membersComplete;
    this.counts = loaded.counts;
    this.extremities = loaded.extremities;
    this.notifyOrdinal = loaded.notifyOrdinal;
    this.changedAt = loaded.changedAt;
    for (const entry of loaded.state) this.put(entry);
  }

  get roomId(): string {
    return this.name.roomId;
  }

  get sizeBytes(): number {
    const stateEvents = this.#state.size + this.#members.size + this.stateEvents.size;
    return (stateEvents + 4) * stateEntryBytes + (this.authGraph?.sizeBytes ?? 0);
  }

  /** The current state event, as AuthState asks. Members must have been loaded. */
  get(type: string, stateKey: string): StateEntry | undefined {
    if (type !== 'm.room.member') return this.#state.get(stateTuple(type, stateKey));
    const member = this.#members.get(stateKey);
    if (member === undefined && !this.#membersComplete) {
      throw new Error(`member ${stateKey} of ${this.roomId} was not loaded`);
    }
    return member ?? undefined;
  }

  isMemberLoaded(userId: string): boolean {
    return this.#membersComplete || this.#members.has(userId);
  }

  putAbsentMember(userId: string): void {
    if (!this.isMemberLoaded(userId)) this.#members.set(userId, null);
  }

  put(entry: StateEntry): void {
    const { type, state_key: stateKey = '' } = entry.pdu;
    if (type === 'm.room.member') this.#members.set(stateKey, entry);
    else this.#state.set(stateTuple(type, stateKey), entry);
  }

  /** A piece of state is gone. */
  remove(type: string, stateKey: string): void {
    if (type === 'm.room.member') this.#members.set(stateKey, null);
    else this.#state.delete(stateTuple(type, stateKey));
  }

  /** A state event that is about to be stored, whether it is current or not. */
  addToAuthGraph({ eventId, pdu }: IdentifiedPdu, position: number): void {
    this.authGraph?.add(eventId, position, pdu.auth_events.map(referencedEventId));
  }

  /** Every current state event except members. */
  stateWithoutMembers(): IterableIterator<StateEntry> {
    return this.#state.values();
  }
}

export function membershipIn(pdu: Pdu | undefined): string {
  const membership = pdu?.content['membership'];
  return typeof membership === 'string' ? membership : 'leave';
}
