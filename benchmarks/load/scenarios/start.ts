import type { Scenario } from '../scenario.ts';
import { summarize } from '../summary.ts';

/** From starting the process until it answers /versions; the database is running and has its schema. */
export const start: Scenario = {
  name: 'start',
  async run(context) {
    if (context.restart === undefined) return [];
    const durationsMs: number[] = [];
    for (let turn = 0; turn < context.sizes.restarts; turn += 1) durationsMs.push(await context.restart());
    const summary = summarize(durationsMs);
    context.log(`start: ${summary.p50.toFixed(0)} ms`);
    return [{ key: 'start', value: summary.p50, samples: summary.samples, details: durationsMs }];
  },
};
