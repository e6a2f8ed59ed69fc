import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { redactedEventIdOf } from '@holdfast/protocol/events/client-event.ts';
import { createEventIdOfRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { policyType } from '@holdfast/protocol/policy-servers/policy-server.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { eventFlags } from '../storage/rooms/event-row.ts';
import { readEventsById } from '../storage/rooms/read-events.ts';
import { setEventFlags } from '../storage/rooms/write-judged-again.ts';
import { deleteReceivedPdu } from '../storage/rooms/write-received-pdus.ts';
import { appendDraft } from './append-draft.ts';
import { type AcceptedEvent, DraftRoom, type Placement } from './draft-room.ts';
import type { EventOrigin } from './draft-writes.ts';
import { hiddenEventWrites } from './hidden-event-writes.ts';
import type { HotRoom, StateEntry } from './hot-room.ts';
import {
  type Evidence,
  type Judgement,
  judgeByAuthEvents,
  judgeByPolicy,
  judgeEvent,
  type Verdict,
} from './judge-event.ts';
import { type KnownEvent, knownEventOf } from './known-events.ts';
import { negativePositions } from './negative-positions.ts';
import type { LoadedPolicy } from './policy-servers/loaded-policy.ts';
import { loadPolicy } from './policy-servers/policy-server-of-room.ts';
import type { ParsedEvent } from './received-event.ts';
import { mainLinePlace, type StatePlace } from './state-overrides.ts';

/** What became of an event. */
export type ReceivedVerdict = Judgement & { readonly verdict: Verdict };

/**
 * Adds verified events of other servers to a hot room, under the room's key. What needs no look-up gathers in one draft;
 * before anything is waited for, the draft is appended.
 */
export class RoomReceiver {
  readonly shard: OwnedShard;
  readonly room: HotRoom;
  /** Of all that was appended. */
  committed: Promise<void> | undefined;
  /** Kept with the last event that is appended next. */
  origin: EventOrigin = {};
  readonly #known = new Map<string, KnownEvent>();
  /** Positions of extremities that events refer to. */
  readonly #extremities = new Map<string, number>();
  /** Current state to which events refer as auth events. */
  readonly #authEvents = new Map<string, StateEntry>();
  #policy: LoadedPolicy | undefined;
  #draft: DraftRoom | undefined;
  #writes: Write[] = [];
  /** Events of the draft and hidden ones beside it. */
  readonly #noted: string[] = [];

  constructor(shard: OwnedShard, room: HotRoom) {
    this.shard = shard;
    this.room = room;
  }

  /** Looks up what events refer to, and which of them are here already, as far as memory does not tell. One query. */
  async loadReferences(events: readonly ParsedEvent[]): Promise<void> {
    const own = new Set(events.map(({ eventId }) => eventId));
    const referenced = new Set<string>();
    for (const event of events) {
      for (const eventId of event.prevEventIds) if (!this.#noteExtremity(eventId)) referenced.add(eventId);
      for (const eventId of event.authEventIds)
        if (!this.#noteCurrentAuthEvent(event, eventId)) referenced.add(eventId);
      const redacts = redactedEventIdOf(event.pdu, this.room.rules);
      if (event.pdu.type === 'm.room.redaction' && redacts !== undefined) referenced.add(redacts);
    }
    for (const eventId of own) referenced.delete(eventId);
    await this.lookUp([...own], referenced);
  }

  /** Looks up events that are not known to be here. `needed` ones may have been appended a moment ago. */
  async lookUp(eventIds: readonly string[], needed: ReadonlySet<string>): Promise<void> {
    // What is appended and not committed is in no table yet.
    if (needed.size > 0 && this.room.pending.size > 0) await this.shard.settled();
    const unknown = [...eventIds, ...needed].filter((eventId) => !this.#known.has(eventId));
    for (const [eventId, stored] of await readEventsById(this.shard.context, unknown)) {
      this.#known.set(eventId, knownEventOf(stored));
    }
  }

  /** Whether the room uses a policy server. No query for a room that names none. */
  async loadPolicy(): Promise<void> {
    this.#policy = await loadPolicy(this.shard.context, this.room);
  }

  known(eventId: string): KnownEvent | undefined {
    return this.#known.get(eventId);
  }

  /** The position of an event that has its place in the room's history. */
  placeOf(eventId: string): number | undefined {
    const known = this.#known.get(eventId);
    return known?.isPlaced ? known.position : this.#extremities.get(eventId);
  }

  /**
   * Whether the event has its place already, whatever was made of it. A create event has none but the beginning: what is
   * known of it stays, whoever sends it again.
   */
  isHere(eventId: string): boolean {
    if (this.room.pending.has(eventId)) return true;
    const known = this.#known.get(eventId);
    return known !== undefined && (known.isPlaced || known.event.pdu.prev_events.length === 0);
  }

  /** Whether the event was rejected when it came before, and has a place by which it can be judged again. */
  wasRejected(eventId: string): boolean {
    const known = this.#known.get(eventId);
    return known !== undefined && known.isRejected && known.isPlaced && !known.isPurged;
  }

  /**
   * Whether an event that was rejected and comes again has to be judged again: its auth events allow it, as they may not
   * have done when one of them was rejected itself, or was accepted by a state of the room that was not the right one.
   */
  mayBeAcceptedNow(event: ParsedEvent): boolean {
    if (this.room.pending.has(event.eventId) || !this.wasRejected(event.eventId)) return false;
    if (event.prevEventIds.size === 0 || this.missingReferences(event).length > 0) return false;
    return judgeByAuthEvents(this.room.rules, event, { findEvent: this.#findEvent() }) === undefined;
  }

  /** Ids of events that must be here before this one can be judged. */
  missingReferences(event: ParsedEvent): string[] {
    const missing = event.authEventIds.filter((eventId) => !this.#known.has(eventId) && !this.#authEvents.has(eventId));
    if (event.stateBefore) return missing;
    for (const eventId of event.prevEventIds) {
      if (this.placeOf(eventId) === undefined) missing.push(eventId);
    }
    return missing;
  }

  /**
   * Judges and adds an event for which everything is in memory: one that comes after all extremities, or a message after
   * some of those that all have the same state. Undefined: it takes more than that.
   */
  receiveAtOnce(event: ParsedEvent): ReceivedVerdict | undefined {
    const isRedaction = event.pdu.type === 'm.room.redaction';
    if (isRedaction || event.stateBefore || this.room.earlyRedactions.has(event.eventId)) return undefined;
    const draft = (this.#draft ??= new DraftRoom(this.shard, this.room));
    const { extremities } = draft;
    // It changed a moment ago.
    if (draft.get(policyType, '')?.eventId !== this.#policy?.eventId) return undefined;
    const prevs = extremities.filter(({ eventId }) => event.prevEventIds.has(eventId));
    if (prevs.length < event.prevEventIds.size || prevs.length === 0) return undefined;
    const isOrdinary = prevs.length === extremities.length;
    if (!isOrdinary) {
      const allAlike = extremities.every(({ overrides }) => overrides.size === 0);
      if (event.pdu.state_key !== undefined || !allAlike) return undefined;
    }
    const evidence = { stateBefore: draft, currentState: draft, findEvent: this.#findEvent() };
    const byAuth = this.#hasCurrentAuth(event) ? this.#judgeByState(event, draft) : this.#judge(event, evidence);
    // What the state says of members may not be the whole truth yet.
    if (byAuth.verdict === 'rejected' && this.room.isPartial) return undefined;
    const judgement = this.#judgeByPolicy(event, byAuth);
    if (judgement.verdict === 'accepted') {
      if (isOrdinary) draft.addOrdinary(event, this.authPositions(event));
      else draft.addMessage(event, event.prevEventIds);
      this.#note(event, judgement, draft.nextPosition - 1);
    } else {
      this.addHidden(event, judgement, draft, () => mainLinePlace(extremities.at(-1)?.position ?? 0));
    }
    return judgement;
  }

  /**
   * Judges an event by the state before it; where what the room is now counts, by that and by the policy server too. In a
   * room of which most members are not known yet, the current state says too little to go by it.
   */
  judge(event: ParsedEvent, stateBefore: AuthState, isJudgedByCurrentState: boolean): ReceivedVerdict {
    const currentState = isJudgedByCurrentState && !this.room.isPartial ? this.room : stateBefore;
    const judgement = this.#judge(event, { stateBefore, currentState, findEvent: this.#findEvent() });
    return isJudgedByCurrentState ? this.#judgeByPolicy(event, judgement) : judgement;
  }

  /** Adds an accepted event whose place was worked out. Nothing may have been waited for since. */
  addPlaced(event: AcceptedEvent & ParsedEvent, placement: Placement, alsoWrite: readonly Write[]): void {
    const draft = (this.#draft ??= new DraftRoom(this.shard, this.room));
    draft.addPlaced(event, this.authPositions(event), placement);
    this.#writes.push(...alsoWrite);
    this.#note(event, { verdict: 'accepted' }, draft.nextPosition - 1);
  }

  /** An event is accepted, and gets its place together with others: those that follow may refer to it. */
  noteAccepted({ eventId, roomId, pdu }: ParsedEvent): void {
    const places = { position: 0, isPlaced: true, isPurged: false };
    this.#known.set(eventId, { event: { eventId, roomId, pdu }, isRejected: false, isAccepted: true, ...places });
  }

  /** Stores an event that is in no timeline. `placeOf` says where the state before it is, given its position. */
  addHidden(
    event: ParsedEvent,
    judgement: Judgement,
    stateBefore: AuthState,
    placeOf: (position: number) => StatePlace,
  ): void {
    const { type, state_key: stateKey } = event.pdu;
    const position = this.shard.remember(negativePositions).take();
    const hidden = {
      event,
      judgement,
      position,
      place: placeOf(position),
      auth: this.authPositions(event),
      replacesState: stateKey === undefined ? undefined : stateBefore.get(type, stateKey)?.eventId,
    };
    this.#writes.push(...hiddenEventWrites(this.shard, this.room, hidden));
    if (judgement.verdict === 'soft-failed' && event.pdu.state_key !== undefined) {
      this.room.addToAuthGraph(event, position);
    }
    this.#note(event, judgement, position);
  }

  /** The event waits no longer, if it did. */
  forgetWaiting(eventId: string): void {
    if (this.room.waiting.delete(eventId)) this.#writes.push(deleteReceivedPdu(this.room.name.id, eventId));
  }

  /** Writes that go with what is added next. */
  alsoWrite(writes: readonly Write[]): void {
    this.#writes.push(...writes);
  }

  /** Appends what has gathered. Call it before anything is waited for. */
  flush(): void {
    const draft = this.#draft ?? (this.#writes.length > 0 ? new DraftRoom(this.shard, this.room) : undefined);
    const writes = this.#writes;
    this.#draft = undefined;
    this.#writes = [];
    if (!draft || (draft.events.length === 0 && writes.length === 0)) return;
    this.committed = appendDraft(this.shard, draft, {
      ...{ origin: this.origin, alsoWrite: writes, alsoPending: this.#noted.splice(0) },
    });
  }

  /** Positions of a state event's auth events. */
  authPositions(event: ParsedEvent): number[] | undefined {
    if (event.pdu.state_key === undefined) return undefined;
    return event.authEventIds.flatMap(
      (eventId) => (this.#known.get(eventId) ?? this.#authEvents.get(eventId))?.position ?? [],
    );
  }

  #judge(event: ParsedEvent, evidence: Evidence): ReceivedVerdict {
    return judgeEvent(this.room.rules, event, evidence);
  }

  #judgeByPolicy(event: ParsedEvent, judgement: ReceivedVerdict): ReceivedVerdict {
    const policyServer = this.#policy?.server;
    if (!policyServer || judgement.verdict !== 'accepted') return judgement;
    return judgeByPolicy(this.room.rules, event, policyServer);
  }

  /** Auth events that are the current state's, all of them, say nothing that the state before does not say. */
  #judgeByState(event: ParsedEvent, draft: DraftRoom): ReceivedVerdict {
    const verdict = authorizeEvent(this.room.rules, event, draft, cryptoPrimitives.verify);
    if (verdict.allowed) return { verdict: 'accepted' };
    return { verdict: 'rejected', reason: `Its auth events do not allow it: ${verdict.reason}` };
  }

  #hasCurrentAuth(event: ParsedEvent): boolean {
    const { rules } = this.room;
    const expected = selectAuthEvents(rules, event.pdu).filter(([type, key]) => this.#current(type, key) !== undefined);
    const given = new Set(event.authEventIds);
    if (given.size !== expected.length || event.authEventIds.length !== given.size) return false;
    return expected.every(([type, stateKey]) => given.has(this.#current(type, stateKey)?.eventId ?? ''));
  }

  #findEvent(): Evidence['findEvent'] {
    const { rules, roomId } = this.room;
    const createId = rules.roomIdIsCreateHash ? createEventIdOfRoomId(roomId) : undefined;
    return (eventId) => {
      const known = this.#known.get(eventId);
      if (known) return { event: known.event, rejected: known.isRejected };
      const current = eventId === createId ? this.room.get('m.room.create', '') : this.#authEvents.get(eventId);
      return current && { event: current, rejected: false };
    };
  }

  /** The auth event of this id, where it is part of the current state. */
  #currentAuthEvent(event: ParsedEvent, eventId: string) {
    for (const [type, stateKey] of selectAuthEvents(this.room.rules, event.pdu)) {
      const current = this.#current(type, stateKey);
      if (current?.eventId === eventId) return current;
    }
    return undefined;
  }

  #current(type: string, stateKey: string) {
    return this.#draft ? this.#draft.get(type, stateKey) : this.room.get(type, stateKey);
  }

  /** What is an extremity now, or current state, may be so no longer when the event's turn comes. */
  #noteExtremity(eventId: string): boolean {
    const extremity = this.room.extremities.find((candidate) => candidate.eventId === eventId);
    if (extremity) this.#extremities.set(eventId, extremity.position);
    return extremity !== undefined;
  }

  #noteCurrentAuthEvent(event: ParsedEvent, eventId: string): boolean {
    const current = this.#currentAuthEvent(event, eventId);
    if (current) this.#authEvents.set(eventId, current);
    return current !== undefined;
  }

  #note(event: ParsedEvent, { verdict }: Judgement, position: number): void {
    const { eventId, roomId, pdu } = event;
    const isRejected = verdict === 'rejected';
    const isAccepted = verdict === 'accepted';
    const before = this.#known.get(eventId);
    if (before?.isRejected && before.isPlaced) this.#writes.push(takePlaceAway(this.shard.id, before));
    const places = { position, isPlaced: true, isPurged: false };
    this.#known.set(eventId, { event: { eventId, roomId, pdu }, isRejected, isAccepted, ...places });
    this.#noted.push(eventId);
    this.forgetWaiting(eventId);
    this.room.waiting.hasCome(eventId);
  }
}

/** The row of an event that was rejected and is not any more: its place is another one now. */
function takePlaceAway(shard: number, { position, event }: KnownEvent): Write {
  const isState = event.pdu.state_key !== undefined;
  return setEventFlags(shard, position, eventFlags.outlier | (isState ? eventFlags.state : 0));
}
