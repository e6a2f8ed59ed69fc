import { parseArgs } from 'node:util';
import { roomVersionOfSeed, runSimulation, type SimulationResult } from './run-simulation.ts';
import { plantedFault, plantedFaultNames, type ServerBehaviour } from './server-behaviour.ts';

const usage = `Usage: simulate.ts --seeds N [--seed FIRST] [--plant-fault ${plantedFaultNames().join('|')}]
       simulate.ts --federation --seeds N [--seed FIRST] [--late-joiners]   real homeservers over a simulated network`;

process.exitCode = await simulate(process.argv.slice(2));

/**
 * Runs seeds FIRST to FIRST+N-1 and gives the exit code: 0 where the servers agreed in each, 1 at the first in which
 * they did not, 2 for arguments that make no sense. The same arguments print the same.
 */
async function simulate(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.error(usage);
    return 2;
  }
  const { seeds, first, faultName, isFederation, withLateJoiners } = options;
  if (isFederation)
    return (await import('./federation/simulate-federation.ts')).simulateFederation(seeds, first, withLateJoiners);
  const fault = faultName === undefined ? undefined : plantedFault(faultName);
  const totals = { events: 0, rejected: 0, softFailed: 0 };
  const fingerprints: string[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    const result = runSeed(seed, fault);
    if (result.divergence !== undefined) {
      console.error(`seed ${seed} (room version ${result.roomVersion}) diverges: ${result.divergence}`);
      const again = faultName === undefined ? '' : ` --plant-fault ${faultName}`;
      console.error(`again with: npm run simulate -- --seeds 1 --seed ${seed}${again}`);
      return 1;
    }
    totals.events += result.eventCount;
    totals.rejected += result.rejectedCount;
    totals.softFailed += result.softFailedCount;
    fingerprints.push(result.fingerprint);
  }
  console.log(
    `${seeds} seeds from ${first} on: no divergence in ${totals.events} events` +
      ` (${totals.rejected} rejected, ${totals.softFailed} soft-failed somewhere), fingerprint ${foldFingerprints(fingerprints)}`,
  );
  return 0;
}

/** A seed in which something throws counts as one that diverges. */
function runSeed(seed: number, fault: ServerBehaviour | undefined): SimulationResult {
  try {
    return runSimulation(seed, fault);
  } catch (error) {
    const divergence = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const counts = { eventCount: 0, rejectedCount: 0, softFailedCount: 0 };
    return { seed, roomVersion: roomVersionOfSeed(seed), divergence, fingerprint: '', ...counts };
  }
}

interface Options {
  readonly seeds: number;
  readonly first: number;
  readonly faultName: string | undefined;
  readonly isFederation: boolean;
  /** In one seed of three a server joins among the faults. */
  readonly withLateJoiners: boolean;
}

function readOptions(args: string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seeds: { type: 'string' },
        seed: { type: 'string' },
        'plant-fault': { type: 'string' },
        federation: { type: 'boolean' },
        'late-joiners': { type: 'boolean' },
      },
    });
    const seeds = Number(values.seeds ?? '1');
    const first = Number(values.seed ?? '1');
    const faultName = values['plant-fault'];
    const isFaultKnown = faultName === undefined || plantedFault(faultName) !== undefined;
    const areNumbersSound = Number.isSafeInteger(seeds) && seeds > 0 && Number.isSafeInteger(first) && first >= 0;
    const isFederation = values.federation ?? false;
    const withLateJoiners = values['late-joiners'] ?? false;
    return isFaultKnown && areNumbersSound ? { seeds, first, faultName, isFederation, withLateJoiners } : undefined;
  } catch {
    return undefined;
  }
}

/** One fingerprint of many, sensitive to their order. */
function foldFingerprints(fingerprints: readonly string[]): string {
  let folded = 0n;
  for (const fingerprint of fingerprints) folded = BigInt.asUintN(64, folded * 31n + BigInt(`0x${fingerprint}`));
  return folded.toString(16).padStart(16, '0');
}
