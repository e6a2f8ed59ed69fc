import type { AlertRecord } from '../decide/alert.ts';
import type { Observations } from '../observations/observations.ts';
import type { SlotObservation } from '../observations/postgres.ts';

/** Something that the monitor does by itself, because it is safe and undone as easily. */
export type Recovery =
  /** The others take its shards; it answers as before. */
  | { readonly kind: 'rest-process'; readonly name: string; readonly id: string }
  | { readonly kind: 'wake-process'; readonly name: string; readonly id: string }
  /** Deletes the file that held room for the database. */
  | { readonly kind: 'release-reserve' }
  | { readonly kind: 'fill-reserve' }
  /** Lets the primary forget logs that it keeps for a replica, which then needs the archive or a new copy. */
  | { readonly kind: 'drop-slot'; readonly slot: string; readonly heldBytes: number };

/** A process that this monitor put to rest. */
export interface RestedProcess {
  readonly id: string;
  readonly name: string;
  /** When it was last seen to be sick. */
  readonly sickMs: number;
}

export interface RecoveryInput {
  readonly observations: Observations;
  /** Of this round. */
  readonly alerts: readonly AlertRecord[];
  readonly rested: readonly RestedProcess[];
  /** Whether the file is there, and how large it is or would be; undefined: none is wanted. */
  readonly reserve: { readonly isHeld: boolean; readonly sizeBytes: number } | undefined;
  /** At which a slot that nobody follows is dropped; undefined: never. */
  readonly dropSlotsOverBytes: number | undefined;
}

/** What makes a process a bad owner of shards while it still answers. */
const sicknesses: readonly string[] = ['event-loop-slow', 'readers-stale'];
const sickForMs = 30_000;
const wellForMs = 10 * 60_000;
const slotLostForMs = 10 * 60_000;
/** The database stops when it finds no room for one more log of 16 MiB; some come at once. */
const releaseBelowBytes = 64 * 1024 ** 2;
/** The reserve is held again when there is so much more than it takes. */
const fillFactor = 8;

/** What can be done now without a person. Pure; called in every round. */
export function chooseRecoveries(input: RecoveryInput): Recovery[] {
  return [...chooseProcesses(input), ...chooseReserve(input), ...chooseSlots(input)];
}

/** Those that the monitor has put to rest, with when they were last sick. */
export function followRested(input: RecoveryInput): RestedProcess[] {
  const { rested, observations } = input;
  return rested.map((each) =>
    isSick(each.name, input.alerts, 0, observations.atMs) ? { ...each, sickMs: observations.atMs } : each,
  );
}

function isSick(name: string, alerts: readonly AlertRecord[], forMs: number, atMs: number): boolean {
  return alerts.some(({ rule, subject, severity, raisedMs }) => {
    const isBad = sicknesses.includes(rule) && subject === name && severity === 'page';
    return isBad && raisedMs !== undefined && atMs - raisedMs >= forMs;
  });
}

function chooseProcesses({ observations, alerts, rested }: RecoveryInput): Recovery[] {
  const look = observations.sources.processes;
  if (look?.kind !== 'seen') return [];
  const { atMs } = observations;
  const restedIds = new Set(rested.map(({ id }) => id));
  const isRested = (id: string | undefined) => id !== undefined && restedIds.has(id);
  const well = look.value.filter(
    ({ name, silentForMs, id }) => silentForMs === 0 && !isRested(id) && !isSick(name, alerts, 0, atMs),
  );
  const woken = rested.filter(({ sickMs }) => atMs - sickMs >= wellForMs);
  const wake = woken.map(({ id, name }): Recovery => ({ kind: 'wake-process', id, name }));
  // With nobody to take over, a slow owner is better than none.
  if (well.length === 0) return wake;
  const sick = look.value.filter(({ name, silentForMs, id }) => {
    return silentForMs === 0 && id !== undefined && !isRested(id) && isSick(name, alerts, sickForMs, atMs);
  });
  return [...wake, ...sick.map(({ name, id = '' }): Recovery => ({ kind: 'rest-process', name, id }))];
}

function chooseReserve({ observations, reserve }: RecoveryInput): Recovery[] {
  const look = observations.sources.volumes;
  if (!reserve || look?.kind !== 'seen') return [];
  const volume = look.value.find(({ holds, hasReserve }) => hasReserve && holds.includes('database'));
  const available = volume?.availableBytes.at(-1)?.value;
  if (available === undefined) return [];
  if (reserve.isHeld) return available < releaseBelowBytes ? [{ kind: 'release-reserve' }] : [];
  return available > reserve.sizeBytes * fillFactor ? [{ kind: 'fill-reserve' }] : [];
}

function chooseSlots({ observations, dropSlotsOverBytes }: RecoveryInput): Recovery[] {
  const look = observations.sources.postgres;
  if (dropSlotsOverBytes === undefined || look?.kind !== 'seen') return [];
  const isOver = ({ isActive, inactiveForMs, retainedBytes }: SlotObservation) => {
    return !isActive && inactiveForMs >= slotLostForMs && retainedBytes >= dropSlotsOverBytes;
  };
  const slots = (look.value.primary?.slots ?? []).filter(isOver);
  return slots.map(({ name, retainedBytes }) => ({ kind: 'drop-slot', slot: name, heldBytes: retainedBytes }));
}
