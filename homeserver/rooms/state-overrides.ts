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

/**
 * Where the state after an event is stored: the main line at `base`, with the differences of a set (null: none), which adds
 * to those of another one (null: none).
 */
export interface StatePlace {
  readonly base: number;
  readonly stateSet: number | null;
  readonly parentSet: number | null;
  /** From the main line at `base`: of both sets. */
  readonly differences: Overrides;
  /** Of `stateSet` alone. */
  readonly own: Overrides;
}

/** Up to so many differences are written with each event of a branch: it is read in one piece. */
const smallSet = 16;

/** Of an event after which the state is the main line's. */
export function mainLinePlace(position: number): StatePlace {
  return { base: position, stateSet: null, parentSet: null, differences: noOverrides, own: noOverrides };
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
  changeOverride(changed, override, current);
  return changed;
}

/** The same in place. */
export function changeOverride(
  overrides: Map<StateTuple, Override>,
  override: Override,
  current: StateRef | undefined,
): void {
  const tuple = stateTuple(override.type, override.stateKey);
  if (override.event?.eventId === current?.eventId) overrides.delete(tuple);
  else overrides.set(tuple, override);
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
  const stateSet = differences.size === 0 ? null : position;
  return { base, stateSet, parentSet: null, differences, own: differences };
}

/**
 * A place with one more difference, of the event at `position`. Of many differences only those since a set that has all of
 * them are written again, as long as these are fewer than the square root of all: a branch of n changes costs some n * sqrt(n)
 * rows, and not n * n / 2.
 */
export function addToPlace(place: StatePlace, own: Override, position: number): StatePlace {
  const tuple = stateTuple(own.type, own.stateKey);
  const differences = new Map(place.differences).set(tuple, own);
  const whole = newPlace(place.base, differences, position);
  const parentSet = place.parentSet ?? place.stateSet;
  if (differences.size <= smallSet || parentSet === null) return whole;
  const added = new Map(place.parentSet === null ? noOverrides : place.own).set(tuple, own);
  if (added.size ** 2 > differences.size) return whole;
  return { base: place.base, stateSet: position, parentSet, differences, own: added };
}

/**
 * Where the state after an event at `position` is stored: with its only prev event's state and its own change
 * (`own`, of a state event), or against the main line at its own position, whichever takes fewer rows.
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
  const added = addToPlace(prev, own, position);
  return added.own.size < overrides.size ? added : againstMainLine;
}
