import { databaseGrowth, readDatabaseSize } from '../database-size.ts';
import { readTreeCpuSeconds } from '../process-memory.ts';
import type { Measurement, Scenario, ScenarioContext } from '../scenario.ts';
import { type SendLoad, sendForSeconds } from '../send-load.ts';
import { median } from '../summary.ts';
import { verifySentByPaging } from '../verify-sent.ts';

const clientCounts = [1, 16, 64];

/**
 * Events sent and acknowledged per second by 1, 16 and 64 clients, and the latency of one send.
 * Every acknowledged event is looked up afterwards.
 */
export const send: Scenario = {
  name: 'send',
  async run(context) {
    const population = await context.population();
    const verify = context.verifySent ?? verifySentByPaging(population);
    await verify((await sendForSeconds(population, 16, context.sizes.warmUpSeconds)).eventIds);
    const measurements: Measurement[] = [];
    for (const clients of clientCounts) {
      const rounds: SendLoad[] = [];
      const costs: unknown[] = [];
      for (let round = 0; round < context.sizes.sendRounds; round += 1) {
        const load = await withCost(context, costs, () =>
          sendForSeconds(population, clients, context.sizes.sendSeconds),
        );
        await verify(load.eventIds);
        rounds.push(load);
      }
      measurements.push(...summarizeRounds(clients, rounds, costs));
      const rate = measurements.find((measurement) => measurement.key === `send.${clients}.rate`)?.value ?? 0;
      context.log(`send, ${clients} clients: ${rate.toFixed(0)}/s`);
    }
    return measurements;
  },
};

/** Notes what the server's processes and the log spent on a round, for reading the figures. */
async function withCost(
  context: ScenarioContext,
  costs: unknown[],
  action: () => Promise<SendLoad>,
): Promise<SendLoad> {
  const cpuBefore = context.pid === undefined ? 0 : readTreeCpuSeconds(context.pid);
  const ownCpuBefore = process.cpuUsage();
  const sizeBefore = context.sql === undefined ? undefined : await readDatabaseSize(context.sql);
  const load = await action();
  const ownCpu = process.cpuUsage(ownCpuBefore);
  const cost: Record<string, number> = {
    rate: load.acknowledgedPerSecond,
    generatorCpuMsPerEvent: (ownCpu.user + ownCpu.system) / 1000 / load.latencyMs.samples,
  };
  if (context.pid !== undefined) {
    cost.serverCpuMsPerEvent = ((readTreeCpuSeconds(context.pid) - cpuBefore) * 1000) / load.latencyMs.samples;
  }
  if (context.sql !== undefined && sizeBefore !== undefined) {
    const growth = databaseGrowth(sizeBefore, await readDatabaseSize(context.sql));
    cost.logBytesPerEvent = growth.logBytes / load.latencyMs.samples;
  }
  costs.push(cost);
  return load;
}

/** The median round of each figure. */
function summarizeRounds(clients: number, rounds: readonly SendLoad[], costs: unknown): Measurement[] {
  const samples = rounds.reduce((sum, round) => sum + round.latencyMs.samples, 0);
  return [
    {
      key: `send.${clients}.rate`,
      value: median(rounds.map((round) => round.acknowledgedPerSecond)),
      samples: rounds.length,
      details: costs,
    },
    { key: `send.${clients}.p50`, value: median(rounds.map((round) => round.latencyMs.p50)), samples },
    { key: `send.${clients}.p99`, value: median(rounds.map((round) => round.latencyMs.p99)), samples },
  ];
}
