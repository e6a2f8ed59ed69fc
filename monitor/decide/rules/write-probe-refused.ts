import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const allowedMs = 10_000;

/** The message that the monitor sends into a shard's canary room, as any client would, is not accepted. */
export const writeProbeRefused = defineRule({
  name: 'write-probe-refused',
  title: 'Messages are not accepted',
  severities: ['page'],
  source: 'canaries',
  raiseAfterMs: 5_000,
  clearAfterMs: 15_000,
  causes: ['database-down', 'writes-refused', 'process-silent'],
  judge(canaries) {
    return canaries.flatMap(({ shard, refusedForMs, why }) => {
      if (refusedForMs < allowedMs) return [];
      const reason = why === undefined ? '' : `: ${why}`;
      const summary = `no message was accepted in shard ${shard} for ${formatDuration(refusedForMs)}${reason}`;
      return [{ subject: `shard ${shard}`, severity: 'page', summary }];
    });
  },
});
