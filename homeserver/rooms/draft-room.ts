import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../platform/context.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { applyStateChange } from './apply-state-change.ts';
import { eventReference } from './event-reference.ts';
import { type Extremity, type HotRoom, membershipIn, type StateEntry, type ThreadCount } from './hot-room.ts';
import { type EventNotice, noticeEvent } from './notice-event.ts';
import { mainLinePlace, noOverrides, type StatePlace } from './state-overrides.ts';

/** An event that is accepted, with the text that is stored. */
export interface AcceptedEvent extends IdentifiedPdu {
  readonly pduJson: string;
  /** Canonical JSON of the content, where it is at hand. */
  readonly contentJson?: string;
  /** Event id of the redaction that came before it; the PDU has lost its content already. */
  readonly redactedBecause?: string;
  /** A redaction that takes nothing away: its sender may not, or what it names is not here. */
  readonly redactsNothing?: boolean;
  /** Of another server's user, and this server's to send on. */
  readonly isRelayed?: boolean | undefined;
  /** Of a local user, and another server's to send on: it went there first. */
  readonly isSentElsewhere?: boolean | undefined;
  /** Of what comes right before it something is not here. */
  readonly isAfterGap?: boolean;
}

/** A (type, state key) of the room's state that an event changes. */
export interface DraftedStateChange {
  readonly type: string;
  readonly stateKey: string;
  readonly before: StateEntry | undefined;
  /** Undefined: there is no such state any more. */
  readonly after: StateEntry | undefined;
  /** Where the span began that ends now; undefined: the room never had such state. */
  readonly openSince: number | undefined;
}

/** An event of a draft, with all that it brings about. */
export interface DraftedEvent {
  readonly event: AcceptedEvent;
  readonly position: number;
  readonly notice: EventNotice;
  /** Of state events: positions of their auth events. */
  readonly auth: readonly number[] | undefined;
  /** The event that it takes the place of, in the state before it. */
  readonly replaced: IdentifiedPdu | undefined;
  /** To the room's current state. */
  readonly changes: readonly DraftedStateChange[];
  /** The changes are something else than the event's becoming part of the state. */
  readonly isResolved: boolean;
  /** Of the state after it, where that is not the room's current one. */
  readonly place: StatePlace | undefined;
}

/** What becomes of the room with an event that does not simply come after all extremities. */
export interface Placement {
  readonly replaced: IdentifiedPdu | undefined;
  readonly changes: readonly DraftedStateChange[];
  readonly isResolved: boolean;
  readonly place: StatePlace | undefined;
  /** The room's, with the event among them. */
  readonly extremities: readonly Extremity[];
}

const noChanges: readonly DraftedStateChange[] = [];

/**
 * Events on top of a hot room, before anybody else sees them. Their positions are those that the shard gives out next:
 * between making a draft and appending it there is no `await`.
 */
export class DraftRoom implements AuthState {
  readonly room: HotRoom;
  readonly firstPosition: number;
  readonly events: DraftedEvent[] = [];
  readonly #context: Context;
  /** null: no such state any more. */
  readonly #state = new Map<string, StateEntry | null>();
  readonly #threads = new Map<string, ThreadCount>();
  #notifyOrdinal: number;
  #joined: number;
  #extremities: readonly Extremity[];

  constructor(shard: OwnedShard, room: HotRoom) {
    this.room = room;
    this.firstPosition = shard.nextPosition;
    this.#context = shard.context;
    this.#extremities = room.extremities;
    this.#notifyOrdinal = room.notifyOrdinal;
    this.#joined = room.counts.joined;
  }

  get nextPosition(): number {
    return this.firstPosition + this.events.length;
  }

  get extremities(): readonly Extremity[] {
    return this.#extremities;
  }

  /** Of an event that comes after all extremities. */
  get nextDepth(): number {
    const deepest = this.#extremities.reduce((depth, extremity) => Math.max(depth, extremity.depth), 0);
    return Math.min(deepest + 1, Number.MAX_SAFE_INTEGER);
  }

  get joinedCount(): number {
    return this.#joined;
  }

  get notifyOrdinal(): number {
    return this.#notifyOrdinal;
  }

  get(type: string, stateKey: string): StateEntry | undefined {
    const drafted = this.#state.get(stateTuple(type, stateKey));
    return drafted === undefined ? this.room.get(type, stateKey) : (drafted ?? undefined);
  }

  /** The thread of a root event that is known here. */
  thread(rootEventId: string): ThreadCount | undefined {
    const known = this.#threads.get(rootEventId) ?? this.room.threads.get(rootEventId);
    if (known) return known;
    const root = this.events.find(({ event }) => event.eventId === rootEventId);
    return root && !root.notice.thread ? { position: root.position, ordinal: 0 } : undefined;
  }

  /** Adds an event that comes after all extremities: a state event becomes part of the state. */
  addOrdinary(event: AcceptedEvent, auth: readonly number[] | undefined): void {
    const { type, state_key: stateKey } = event.pdu;
    if (stateKey === undefined) {
      this.#add(event, auth, undefined, noChanges, [this.#extremity(event)]);
      return;
    }
    const before = this.get(type, stateKey);
    const after = stateEntry(event, this.nextPosition);
    const openSince = before ? before.since : this.room.absent.get(stateTuple(type, stateKey));
    const changes = [{ type, stateKey, before, after, openSince }];
    this.#add(event, auth, before, changes, [this.#extremity(event)]);
  }

  /** Adds a message that comes after some of the extremities, all of which have the room's current state after them. */
  addMessage(event: AcceptedEvent, prevEventIds: ReadonlySet<string>): void {
    const others = this.#extremities.filter(({ eventId }) => !prevEventIds.has(eventId));
    this.#add(event, undefined, undefined, noChanges, [...others, this.#extremity(event)]);
  }

  /** Adds an event whose place was worked out before. */
  addPlaced(event: AcceptedEvent, auth: readonly number[] | undefined, placement: Placement): void {
    const { replaced, changes, isResolved, place, extremities } = placement;
    this.#add(event, auth, replaced, changes, extremities, isResolved, place);
  }

  #add(
    event: AcceptedEvent,
    auth: readonly number[] | undefined,
    replaced: IdentifiedPdu | undefined,
    changes: readonly DraftedStateChange[],
    extremities: readonly Extremity[],
    isResolved = false,
    place?: StatePlace,
  ): void {
    const notice = noticeEvent(this.#context, this, event.pdu);
    this.events.push({ event, position: this.nextPosition, notice, auth, replaced, changes, isResolved, place });
    for (const { type, stateKey, before, after } of changes) {
      this.#state.set(stateTuple(type, stateKey), after ?? null);
      if (type === 'm.room.member') this.#joined += isJoined(after) - isJoined(before);
    }
    if (notice.thread) {
      this.#threads.set(notice.thread.rootEventId, { position: notice.thread.position, ordinal: notice.ordinal });
    } else {
      this.#notifyOrdinal = notice.ordinal;
    }
    this.#extremities = extremities;
  }

  /** The next event as an extremity after which the state is the current one. */
  #extremity({ eventId, pdu }: IdentifiedPdu): Extremity {
    const position = this.nextPosition;
    return {
      eventId,
      reference: eventReference(this.room.rules, eventId, pdu),
      depth: pdu.depth,
      position,
      overrides: noOverrides,
      place: mainLinePlace(position),
    };
  }

  /** The room goes on from here, ahead of the commit. */
  applyToRoom(): void {
    const { room } = this;
    room.extremities = this.#extremities;
    room.notifyOrdinal = this.#notifyOrdinal;
    for (const [rootEventId, thread] of this.#threads) room.threads.set(rootEventId, thread);
    for (const { event, position, changes } of this.events) {
      if (event.pdu.state_key !== undefined) room.addToAuthGraph(event, position);
      for (const change of changes) applyStateChange(room, change, position);
    }
  }
}

/** A state event that becomes current at its own position. */
export function stateEntry({ eventId, roomId, pdu }: IdentifiedPdu, position: number): StateEntry {
  return { eventId, roomId, pdu, position, since: position };
}

function isJoined(entry: StateEntry | undefined): number {
  return membershipIn(entry?.pdu) === 'join' ? 1 : 0;
}
