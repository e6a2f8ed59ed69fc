import { setTimeout as wait } from 'node:timers/promises';
import { type Drill, finding, type Stage } from '../drill.ts';

const backWithinMs = 5_000;
/** What a supervisor of processes takes to start one again. */
const restartAfterMs = 2_000;

/** D7. Each process is killed in turn with what it has in hand, then PostgreSQL; each time all goes on by itself. */
export const killProcesses: Drill = {
  name: 'd7',
  fault: 'kill -9 of each process in turn, and of PostgreSQL',
  shardCount: 3,
  longestGapMs: backWithinMs,
  async inject(stage) {
    const recoveries: number[] = [];
    for (const process of stage.cluster.processes) {
      stage.say(`${process.name} is killed`);
      await process.kill();
      recoveries.push(await stage.untilAcknowledging());
      await wait(restartAfterMs);
      await process.start();
      stage.say(`${process.name} is started again`);
      await untilSpread(stage);
    }
    for (let turn = 0; turn < (stage.short ? 1 : 2); turn++) {
      stage.say('PostgreSQL is killed');
      await stage.cluster.postgres.killPostmaster();
      recoveries.push(await stage.untilAcknowledging());
      stage.say(`events are acknowledged again after ${Math.round(recoveries.at(-1) ?? 0)} ms`);
      await wait(restartAfterMs);
    }
    const slowest = Math.max(...recoveries);
    return [
      finding(
        'slowest return of every shard',
        `${Math.round(slowest)} ms`,
        `${backWithinMs} ms`,
        slowest <= backWithinMs,
      ),
    ];
  },
};

/** Until every process owns a shard again, so that each kill takes one away. */
async function untilSpread({ cluster }: Stage): Promise<void> {
  const untilMs = performance.now() + 20_000;
  while (performance.now() < untilMs) {
    const owners = await Promise.all([0, 1, 2].map((shard) => cluster.findOwner(shard)));
    if (new Set(owners).size === cluster.processes.length && !owners.includes(undefined)) return;
    await wait(200);
  }
  throw new Error('the shards were not spread over all processes again');
}
