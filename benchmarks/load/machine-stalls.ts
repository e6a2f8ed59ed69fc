import { readFileSync } from 'node:fs';

/** The share of a time, in percent, in which some process of the machine waited for a processor, or for the disk. */
export interface MachineStalls {
  readonly cpu: number;
  readonly io: number;
}

/**
 * Begins to watch; the function that it gives tells of the time since then. Undefined where the kernel does not tell.
 * https://docs.kernel.org/accounting/psi.html
 */
export function watchMachineStalls(): () => MachineStalls | undefined {
  const before = readStalledUs();
  const startMs = performance.now();
  return () => {
    const after = readStalledUs();
    if (!before || !after) return undefined;
    const spanUs = (performance.now() - startMs) * 1000;
    return { cpu: ((after.cpu - before.cpu) / spanUs) * 100, io: ((after.io - before.io) / spanUs) * 100 };
  };
}

export function describeStalls(stalls: MachineStalls | undefined): string {
  return stalls ? `stalled: CPU ${stalls.cpu.toFixed(0)} %, disk ${stalls.io.toFixed(0)} %` : 'stalls unknown';
}

function readStalledUs(): MachineStalls | undefined {
  const read = (what: string) => /some .*total=(\d+)/.exec(readFileSync(`/proc/pressure/${what}`, 'utf8'))?.[1];
  try {
    return { cpu: Number(read('cpu')), io: Number(read('io')) };
  } catch {
    return undefined;
  }
}
