import { requestJson, textMember } from '../request-json.ts';
import type { Scenario } from '../scenario.ts';
import { summarize } from '../summary.ts';

const warmUpSyncs = 50;

/** A /sync from the newest token with `timeout=0` while nothing happens; each must bring no room. */
export const incrementalSync: Scenario = {
  name: 'incremental-sync',
  async run(context) {
    const { users } = await context.population();
    const user = users[users.length - 1] ?? users[0];
    if (user === undefined) throw new Error('the population has no users');
    const first = await requestJson(user.connection, 'GET', '/_matrix/client/v3/sync?timeout=0', { token: user.token });
    let since = textMember(first, 'next_batch');
    const durationsMs: number[] = [];
    for (let turn = -warmUpSyncs; turn < context.sizes.emptySyncs; turn += 1) {
      const path = `/_matrix/client/v3/sync?timeout=0&since=${encodeURIComponent(since)}`;
      const startedMs = performance.now();
      const { status, body } = await user.connection.request('GET', path, { token: user.token });
      const tookMs = performance.now() - startedMs;
      const reply = JSON.parse(body.toString('utf8')) as { next_batch: string; rooms?: { join?: object } };
      if (status !== 200) throw new Error(`/sync was answered ${status}`);
      if (turn >= 0 && Object.keys(reply.rooms?.join ?? {}).length > 0) throw new Error('a /sync brought something');
      since = reply.next_batch;
      if (turn >= 0) durationsMs.push(tookMs);
    }
    const summary = summarize(durationsMs);
    context.log(`incremental sync with nothing new: ${summary.p50.toFixed(2)} ms`);
    return [{ key: 'incremental-sync.p50', value: summary.p50, samples: summary.samples, details: summary }];
  },
};
