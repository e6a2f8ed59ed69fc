import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFederationSeed } from './run-federation-seed.ts';
import { startSimulatedServers } from './simulated-servers.ts';

/**
 * Plays seeds FIRST to FIRST+N-1 with real homeservers over a simulated network, and gives the exit code: 0 where the
 * servers agreed after each, 1 at the first after which they did not. A seed repeats what is done and what the network
 * may do; when a request is sent depends on the machine, too.
 */
export async function simulateFederation(seeds: number, first: number, withLateJoiners: boolean): Promise<number> {
  const simulated = await startSimulatedServers();
  const totals = { events: 0, softFailed: 0, deviceMessages: 0 };
  const healedMs: number[] = [];
  const unaidedMs: number[] = [];
  try {
    for (let seed = first; seed < first + seeds; seed++) {
      const result = await runFederationSeed(simulated, seed, withLateJoiners);
      const { roomVersion, divergence, description, events, softFailed, deviceMessages } = result;
      if (divergence !== undefined) {
        console.error(`seed ${seed} (room version ${roomVersion}) diverges: ${divergence}`);
        const late = withLateJoiners ? ' --late-joiners' : '';
        console.error(`again with: npm run simulate -- --federation --seeds 1 --seed ${seed}${late}`);
        const file = join(tmpdir(), `holdfast-divergence-${seed}.txt`);
        await writeFile(file, description ?? '');
        console.error(`what the servers know and wrote: ${file}`);
        return 1;
      }
      totals.events += events;
      totals.softFailed += softFailed;
      totals.deviceMessages += deviceMessages;
      (result.kind.isUnaided ? unaidedMs : healedMs).push(result.healedMs);
    }
  } finally {
    await simulated.stop();
  }
  console.log(
    `${seeds} seeds from ${first} on: no divergence and nothing lost in ${totals.events} events` +
      ` (${totals.softFailed} soft-failed somewhere) and ${totals.deviceMessages} device messages;` +
      ` healed in ${describeTimes(healedMs)}; where nobody helped, in ${describeTimes(unaidedMs)}`,
  );
  return 0;
}

function describeTimes(timesMs: readonly number[]): string {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (part: number) => `${Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? 0)} ms`;
  return `${at(0.5)} (half of them), ${at(1)} (the slowest)`;
}
