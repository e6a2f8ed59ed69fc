import { type StateTuple, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';

/** A stored event. */
export interface StateRef {
  readonly eventId: string;
  /** Of its row. */
  readonly position: number;
}

/** Where a state has something else than another one. */
export interface Override {
  readonly type: string;
  readonly stateKey: string;
  /** Undefined: there is no such state. */
  readonly event: StateRef | undefined;
}

/** A state as its differences from the room's current state. */
export type Overrides = ReadonlyMap<StateTuple, Override>;

export const noOverrides: Overrides = new Map();

/** What became of one (type, state key) of the current state. */
export interface CurrentChange {
  readonly type: string;
  readonly stateKey: string;
  readonly before: StateRef | undefined;
  readonly after: StateRef | undefined;
}

/** Where the state after an event is stored: the main line at `base`, with the differences of a set (null: none). */
export interface StatePlace {
  readonly base: number;
  readonly stateSet: number | null;
  /** From the main line at `base`. */
  readonly differences: Overrides;
}

/** Of an event after which the state is the main line's. */
export function mainLinePlace(position: number): StatePlace {
  return { base: position, stateSet: null, differences: noOverrides };
}

/** The same state, once the current one has changed. */
export function rebaseOverrides(overrides: Overrides, changes: readonly CurrentChange[]): Overrides {
  if (changes.length === 0) return overrides;
  const rebased = new Map(overrides);
  for (const { type, stateKey, before, after } of changes) {
    const tuple = stateTuple(type, stateKey);
    const own = overrides.has(tuple) ? overrides.get(tuple)?.event : before;
    if (own?.eventId === after?.eventId) rebased.delete(tuple);
    else rebased.set(tuple, { type, stateKey, event: own });
  }
  return rebased;
}

/** The same state with one more event in it; `current` is what the current state has in its place. */
export function overrideWith(overrides: Overrides, override: Override, current: StateRef | undefined): Overrides {
  const changed = new Map(overrides);
  const tuple = stateTuple(override.type, override.stateKey);
  if (override.event?.eventId === current?.eventId) changed.delete(tuple);
  else changed.set(tuple, override);
  return changed;
}

export function isSameState(one: Overrides, other: Overrides): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [tuple, { event }] of one) {
    const counterpart = other.get(tuple);
    if (counterpart === undefined || counterpart.event?.eventId !== event?.eventId) return false;
  }
  return true;
}

/** Those of the states that differ from each other. */
export function distinctStates(states: readonly Overrides[]): Overrides[] {
  const distinct: Overrides[] = [];
  for (const state of states) if (!distinct.some((other) => isSameState(state, other))) distinct.push(state);
  return distinct;
}

/** Whether the same states are among both, in any order and number. */
export function haveSameStates(some: readonly Overrides[], others: readonly Overrides[]): boolean {
  const areAmong = (these: readonly Overrides[], those: readonly Overrides[]) =>
    these.every((one) => those.some((other) => isSameState(one, other)));
  return areAmong(some, others) && areAmong(others, some);
}

/** The place of a state that is nobody's so far: the main line at `base`, with differences under an event's name. */
export function newPlace(base: number, differences: Overrides, position: number): StatePlace {
  return { base, stateSet: differences.size === 0 ? null : position, differences };
}

/**
 * Where the state after an event at `position` is stored: with its only prev event's state and its own change
 * (`own`, of a state event), or against the main line at its own position, whichever has fewer differences.
 * `overrides` is the state from there.
 */
export function placeOnFork(
  prev: StatePlace | undefined,
  own: Override | undefined,
  overrides: Overrides,
  position: number,
): StatePlace {
  const againstMainLine = newPlace(position, overrides, position);
  if (!prev) return againstMainLine;
  if (!own) return overrides.size === 0 ? againstMainLine : prev;
  const differences = new Map(prev.differences).set(stateTuple(own.type, own.stateKey), own);
  return differences.size < overrides.size ? newPlace(prev.base, differences, position) : againstMainLine;
}
