import type { Finding } from '../drill.ts';
import type { FederationSizes } from './federation-stage.ts';
import { killInBackfill } from './phases/kill-in-backfill.ts';
import { killInCatchUp } from './phases/kill-in-catch-up.ts';
import { killInJoin } from './phases/kill-in-join.ts';
import { outage } from './phases/outage.ts';
import { startTwoServers } from './two-servers.ts';

/** A quarter of an hour, scaled: what counts is how much happens meanwhile. */
const fullSizes: FederationSizes = { outageMs: 120_000, eventsPerSecond: 100, members: 400, history: 3_000 };
const shortSizes: FederationSizes = { outageMs: 20_000, eventsPerSecond: 40, members: 100, history: 800 };

/** The drill of two servers: cut off from each other under load, and killed in the middle of what servers do together. */
export const federationDrill = {
  name: 'd3-federation',
  fault: 'another server is cut off under load; each side is killed in a join, a catch-up and a backfill',
  async run({ folder, short }: { readonly folder: string; readonly short: boolean }): Promise<Finding[]> {
    const two = await startTwoServers(folder);
    const startedMs = performance.now();
    const say = (text: string) =>
      console.log(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
    try {
      const stage = { two, say, sizes: short ? shortSizes : fullSizes };
      const findings: Finding[] = [];
      for (const phase of [outage, killInCatchUp, killInJoin, killInBackfill]) findings.push(...(await phase(stage)));
      return findings;
    } finally {
      await two.stop();
    }
  },
};
