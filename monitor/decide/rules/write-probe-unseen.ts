import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const allowedMs = 10_000;

/** A message was accepted and does not come back over /sync: between processes, something is wedged. */
export const writeProbeUnseen = defineRule({
  name: 'write-probe-unseen',
  title: 'Accepted messages do not arrive',
  severities: ['page'],
  source: 'canaries',
  raiseAfterMs: 5_000,
  clearAfterMs: 15_000,
  causes: ['database-down', 'readers-stale', 'process-silent'],
  judge(canaries) {
    return canaries.flatMap(({ shard, unseenForMs }) => {
      if (unseenForMs < allowedMs) return [];
      const summary = `a message accepted in shard ${shard} has not come back for ${formatDuration(unseenForMs)}`;
      return [{ subject: `shard ${shard}`, severity: 'page', summary }];
    });
  },
});
