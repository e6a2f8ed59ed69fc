import { createEventHeap } from '@holdfast/protocol/state-resolution/event-heap.ts';
import type { Random } from './random.ts';

/** Something that happens at a time of the simulation's own clock, in milliseconds. */
interface Occurrence {
  readonly atMs: number;
  readonly serial: number;
  run(): void;
}

/**
 * A network between servers that delays, loses, doubles and reorders what it carries, and that falls into two halves
 * for a while. It has its own clock, which jumps from one occurrence to the next.
 */
export interface Network {
  nowMs(): number;
  schedule(delayMs: number, run: () => void): void;
  /** Carries something from one server to another, perhaps late, twice or not at all. */
  carry(from: string, to: string, deliver: () => void): void;
  /** Lets everything happen that is scheduled. */
  run(): void;
}

export interface NetworkFaults {
  readonly lossProbability: number;
  readonly doubleProbability: number;
  readonly longDelayProbability: number;
  readonly netsplitProbability: number;
}

const checkNetsplitMs = 400;

export function createNetwork(random: Random, serverNames: readonly string[], faults: NetworkFaults): Network {
  const occurrences = createEventHeap<Occurrence>(
    (left, right) => left.atMs - right.atMs || left.serial - right.serial,
  );
  let clockMs = 0;
  let serial = 0;
  let netsplitCheckedMs = 0;
  let cutOff = new Set<string>();
  const schedule = (delayMs: number, run: () => void): void => {
    serial += 1;
    occurrences.push({ atMs: clockMs + delayMs, serial, run });
  };
  const updateNetsplit = (): void => {
    for (; netsplitCheckedMs + checkNetsplitMs <= clockMs; netsplitCheckedMs += checkNetsplitMs) {
      const isSplit = random.chance(faults.netsplitProbability);
      cutOff = new Set(isSplit ? serverNames.filter(() => random.chance(0.5)) : []);
    }
  };
  return {
    nowMs: () => clockMs,
    schedule,
    carry(from, to, deliver) {
      updateNetsplit();
      const copies = random.chance(faults.doubleProbability) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const isLost = random.chance(faults.lossProbability) || cutOff.has(from) !== cutOff.has(to);
        const delayMs = 5 + random.integer(random.chance(faults.longDelayProbability) ? 3000 : 60);
        if (!isLost) schedule(delayMs, deliver);
      }
    },
    run() {
      for (let next = occurrences.pop(); next !== undefined; next = occurrences.pop()) {
        clockMs = next.atMs;
        next.run();
      }
    },
  };
}
