import type { Clock } from '@holdfast/effects/clock.ts';
import type { ClockObservation } from '../observations/clocks.ts';
import { askTimeKeepers, type Synchronisation } from './ask-time-keepers.ts';
import type { Source } from './source.ts';

export interface ClocksParts {
  readonly clock: Clock;
  /** What the database's clock said, somewhere between question and answer on our clock that never jumps. */
  readDatabaseClock():
    | { readonly databaseMs: number; readonly askedMs: number; readonly answeredMs: number }
    | undefined;
  /** By process: how far its clock is ahead of the database's, as it says itself. */
  readProcessOffsets(): ReadonlyMap<string, number>;
  /** By machine of another monitor: how far its clock is ahead of this one's. */
  readPeerOffsets?(): ReadonlyMap<string, number>;
  readSynchronisation?(): Promise<Synchronisation>;
}

const synchronisationEveryMs = 60_000;
const leastStepMs = 500;
const readAttempts = 5;
const longestReadMs = 50;

/**
 * This machine's clock against the database's and against the clock that never jumps, those of the other processes as
 * they report them, and whether the kernel says that its time is kept.
 */
export function clocksSource(parts: ClocksParts): Source<'clocks'> {
  const {
    clock,
    readSynchronisation = () => askTimeKeepers(),
    readPeerOffsets = () => new Map<string, number>(),
  } = parts;
  let lastDrift = readDrift(clock);
  let ownOffsetMs = 0;
  let step: { byMs: number; monotonicMs: number } | undefined;
  let kept: Synchronisation = {};
  let keptMs = Number.NEGATIVE_INFINITY;
  return {
    ...{ name: 'clocks', everyMs: 5_000, timeoutMs: 8_000 },
    async look(): Promise<ClockObservation[]> {
      const nowMs = clock.monotonicMs();
      const drift = readDrift(clock) ?? lastDrift;
      if (drift !== undefined && lastDrift !== undefined && Math.abs(drift - lastDrift) >= leastStepMs)
        step = { byMs: Math.round(drift - lastDrift), monotonicMs: nowMs };
      lastDrift = drift;
      if (nowMs - keptMs >= synchronisationEveryMs) {
        keptMs = nowMs;
        kept = await readSynchronisation();
      }
      const database = parts.readDatabaseClock();
      if (database && drift !== undefined) {
        // What a slow answer explains is no fault of the clock.
        const { databaseMs, askedMs, answeredMs } = database;
        const [least, most] = [drift - databaseMs + askedMs, drift - databaseMs + answeredMs];
        ownOffsetMs = Math.min(most, Math.max(least, ownOffsetMs));
      }
      const own: ClockObservation = {
        ...{
          name: 'this machine',
          offsetMs: Math.round(ownOffsetMs),
          ...kept,
        },
        ...(step && { step: { byMs: step.byMs, agoMs: nowMs - step.monotonicMs } }),
      };
      const others = [...parts.readProcessOffsets()].map(([name, offsetMs]) => ({ name, offsetMs }));
      const peers = [...readPeerOffsets()].map(([name, offsetMs]) => {
        return { name: `the monitor at ${name}`, offsetMs: Math.round(ownOffsetMs + offsetMs) };
      });
      return [{ ...own, isUnknown: kept.isSynchronised === undefined }, ...others, ...peers];
    },
  };
}

/**
 * Our wall clock less the one that never jumps. The two are read one after the other: a process that loses its processor in
 * between for long has read nothing, and that is what undefined says.
 */
function readDrift(clock: Clock): number | undefined {
  for (let attempt = 0; attempt < readAttempts; attempt++) {
    const beforeMs = clock.monotonicMs();
    const wallMs = clock.wallMs();
    const afterMs = clock.monotonicMs();
    if (afterMs - beforeMs < longestReadMs) return wallMs - (beforeMs + afterMs) / 2;
  }
  return undefined;
}
