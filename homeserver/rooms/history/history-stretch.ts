import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import { membershipCode } from '../../storage/rooms/membership-codes.ts';
import type { ParsedEvent } from '../received-event.ts';
import type { SpanEvent, StretchOfState } from './plan-history-spans.ts';

/** An event of a room's state. */
export interface StateOfStretch extends SpanEvent {
  readonly event: IdentifiedPdu;
}

/** What was otherwise before a stretch; undefined: there was no such state. */
export interface BeforeStretch {
  readonly type: string;
  readonly stateKey: string;
  readonly state: StateOfStretch | undefined;
}

/** A (type, state key) that a stretch concerns. */
export interface NamedStretch extends StretchOfState {
  readonly type: string;
  readonly stateKey: string;
  readonly beginning: SpanEvent | undefined;
}

interface ChangingState {
  readonly type: string;
  readonly stateKey: string;
  /** Undefined: what held from the beginning on. */
  readonly before: { readonly state: StateOfStretch | undefined } | undefined;
  readonly changes: StateOfStretch[];
}

/**
 * The room's state while a stretch of history is gone through from its oldest event on: as differences from what held
 * from the beginning on. Events of branches count as if they had come one after another; see StretchForks.
 */
export class HistoryState implements AuthState {
  readonly #beginning: (tuple: string) => IdentifiedPdu | undefined;
  /** null: nothing. */
  readonly #current = new Map<string, StateOfStretch | null>();
  readonly #stretches = new Map<string, ChangingState>();
  /** Where the state changed, in order. */
  readonly #changedAt: number[] = [];

  /** `beginning` tells events that held from the beginning on, as far as they are asked for by authorisation. */
  constructor(beginning: (tuple: string) => IdentifiedPdu | undefined) {
    this.#beginning = beginning;
  }

  get(type: string, stateKey: string): IdentifiedPdu | undefined {
    const tuple = stateTuple(type, stateKey);
    const current = this.#current.get(tuple);
    return current === undefined ? this.#beginning(tuple) : current?.event;
  }

  /** The position of the last change so far, and of the last one at or before a position. */
  get lastChange(): number {
    return this.#changedAt.at(-1) ?? -Infinity;
  }

  lastChangeAt(position: number): number {
    return this.#changedAt.findLast((changed) => changed <= position) ?? -Infinity;
  }

  /** What was at an earlier position of the stretch. */
  getAt(type: string, stateKey: string, position: number): IdentifiedPdu | undefined {
    const tuple = stateTuple(type, stateKey);
    const stretch = this.#stretches.get(tuple);
    const changed = stretch?.changes.findLast((change) => change.position <= position);
    if (changed) return changed.event;
    return stretch?.before ? stretch.before.state?.event : this.#beginning(tuple);
  }

  /** Before the stretch, there was something else than from the beginning on; undefined: nothing. */
  setBefore({ type, stateKey, state }: BeforeStretch): void {
    const tuple = stateTuple(type, stateKey);
    this.#stretches.set(tuple, { type, stateKey, before: { state }, changes: [] });
    this.#current.set(tuple, state ?? null);
  }

  change({ eventId, pdu }: ParsedEvent, event: IdentifiedPdu, position: number): void {
    const { type, state_key: stateKey = '' } = pdu;
    const tuple = stateTuple(type, stateKey);
    const membership = type === 'm.room.member' ? membershipCode(pdu.content['membership']) : null;
    const state = { eventId, position, membership, event };
    this.#current.set(tuple, state);
    this.#changedAt.push(position);
    const known = this.#stretches.get(tuple);
    if (known) known.changes.push(state);
    else this.#stretches.set(tuple, { type, stateKey, before: undefined, changes: [state] });
  }

  /** What the stretch concerns, with what it was; `beginningOf` is what held from the beginning on, by tuple. */
  stretches(beginningOf: (tuple: string) => SpanEvent | undefined): NamedStretch[] {
    return [...this.#stretches].map(([tuple, { type, stateKey, before, changes }]) => {
      const beginning = beginningOf(tuple);
      return { type, stateKey, beginning, before: before ? before.state : beginning, changes };
    });
  }
}

/**
 * Events in the order of a timeline, oldest first: each after those among them that it comes after, and otherwise by
 * depth and time, as their senders claim.
 */
export function orderStretch(events: readonly ParsedEvent[]): ParsedEvent[] {
  const left = new Map(events.map((event) => [event.eventId, event]));
  const sorted = events.toSorted(compareAge);
  const ordered: ParsedEvent[] = [];
  while (left.size > 0) {
    const ready = sorted.find(
      (event) => left.has(event.eventId) && ![...event.prevEventIds].some((eventId) => left.has(eventId)),
    );
    // Forged ids can lead in a circle: its events come in any order.
    const next = ready ?? sorted.find((event) => left.has(event.eventId));
    if (!next) break;
    left.delete(next.eventId);
    ordered.push(next);
  }
  return ordered;
}

function compareAge({ pdu: one, ...first }: ParsedEvent, { pdu: other, ...second }: ParsedEvent): number {
  const byTime = one.depth - other.depth || one.origin_server_ts - other.origin_server_ts;
  return byTime || (first.eventId < second.eventId ? -1 : 1);
}
