import { figureSamples } from '../../../administration/overview/sample-figures.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * What charts are drawn from: a point every ten seconds, those of the last hour, of the process that answers; with `since`
 * only newer ones. Counts grow from the start of the process on.
 */
export const getFigures = defineEndpoint({
  operation: 'getFigures',
  method: 'GET',
  path: '/_holdfast/v1/admin/figures',
  authentication: 'admin',
  query: { type: 'object', properties: { since: { type: 'integer', minimum: 0 } } },
  handle(context, { query: { since = 0 } }) {
    const samples = figureSamples.of(context).filter(({ atMs }) => atMs > since);
    return {
      samples: samples.map((sample) => ({
        ...{ at_ts: sample.atMs, sends: sample.sends, send_seconds: sample.sendSeconds },
        ...{ commits: sample.commits, commit_seconds: sample.commitSeconds },
        ...{ loop_ticks: sample.loopTicks, loop_seconds: sample.loopSeconds, queued: sample.queued },
        ...{ reader_age_seconds: sample.readerAgeSeconds, clock_offset_seconds: sample.clockOffsetSeconds },
        ...{ memory_bytes: sample.memoryBytes, disk_free_bytes: sample.diskFreeBytes, disk_bytes: sample.diskBytes },
      })),
    };
  },
});
