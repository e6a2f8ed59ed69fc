import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { eventReference } from './event-reference.ts';
import {
  type Extremity,
  type HotRoom,
  membershipIn,
  type StateEntry,
  stateTuple,
  type ThreadCount,
} from './hot-room.ts';
import { type EventNotice, noticeEvent } from './notice-event.ts';

/** An event that is accepted, with the text that is stored. */
export interface AcceptedEvent extends IdentifiedPdu {
  readonly pduJson: string;
  /** Canonical JSON of the content, where it is at hand. */
  readonly contentJson?: string;
}

/** A (type, state key) of the room's state that an event changes. */
export interface DraftedStateChange {
  readonly type: string;
  readonly stateKey: string;
  readonly before: StateEntry | undefined;
  /** Undefined: there is no such state any more. */
  readonly after: StateEntry | undefined;
}

/** An event of a draft, with all that it brings about. */
export interface DraftedEvent {
  readonly event: AcceptedEvent;
  readonly position: number;
  readonly notice: EventNotice;
  /** Of state events: positions of their auth events. */
  readonly auth: readonly number[] | undefined;
  /** The event that it takes the place of, in the state before it. */
  readonly replaced: StateEntry | undefined;
  /** To the room's current state. */
  readonly changes: readonly DraftedStateChange[];
  /** The changes are something else than the event's becoming part of the state. */
  readonly isResolved: boolean;
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
      this.#add(event, auth, undefined, noChanges);
      return;
    }
    const before = this.get(type, stateKey);
    const position = this.nextPosition;
    const after: StateEntry = {
      eventId: event.eventId,
      roomId: event.roomId,
      pdu: event.pdu,
      position,
      since: position,
    };
    this.#add(event, auth, before, [{ type, stateKey, before, after }]);
  }

  #add(
    event: AcceptedEvent,
    auth: readonly number[] | undefined,
    replaced: StateEntry | undefined,
    changes: readonly DraftedStateChange[],
  ): void {
    const notice = noticeEvent(this.#context, this, event.pdu);
    const position = this.nextPosition;
    this.events.push({ event, position, notice, auth, replaced, changes, isResolved: false });
    for (const { type, stateKey, after } of changes) this.#state.set(stateTuple(type, stateKey), after ?? null);
    for (const { type, before, after } of changes) {
      if (type === 'm.room.member') this.#joined += isJoined(after) - isJoined(before);
    }
    if (notice.thread) {
      this.#threads.set(notice.thread.rootEventId, { position: notice.thread.position, ordinal: notice.ordinal });
    } else {
      this.#notifyOrdinal = notice.ordinal;
    }
    const reference = eventReference(this.room.rules, event.eventId, event.pdu);
    this.#extremities = [{ eventId: event.eventId, reference, depth: event.pdu.depth, position }];
  }

  /** The room goes on from here, ahead of the commit. */
  applyToRoom(): void {
    const { room } = this;
    room.extremities = this.#extremities;
    room.notifyOrdinal = this.#notifyOrdinal;
    for (const [rootEventId, thread] of this.#threads) room.threads.set(rootEventId, thread);
    for (const { changes } of this.events) {
      for (const change of changes) applyChange(room, change);
    }
  }
}

function applyChange(room: HotRoom, { type, stateKey, before, after }: DraftedStateChange): void {
  if (type === 'm.room.member') countMembership(room, stateKey, before, after);
  if (after) room.put(after);
}

function countMembership(
  room: HotRoom,
  userId: string,
  before: StateEntry | undefined,
  after: StateEntry | undefined,
): void {
  const [from, to] = [membershipIn(before?.pdu), membershipIn(after?.pdu)];
  room.joinersHeard.delete(userId);
  if (to !== 'join') room.ownPushRules.delete(userId);
  room.counts.joined += Number(to === 'join') - Number(from === 'join');
  room.counts.invited += Number(to === 'invite') - Number(from === 'invite');
}

function isJoined(entry: StateEntry | undefined): number {
  return membershipIn(entry?.pdu) === 'join' ? 1 : 0;
}
