import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** The second look in a row that a frozen process does not answer: whoever watches knows within 30 s. */
const warningMs = 8_000;
/** A start or a planned restart takes less. */
const pageMs = 15_000;

/** What other programs that watch go by, too. */
export const processSilentLimits = { allowedMs: pageMs };

/** Frozen, dead or cut off. The others take its shards over; alone, nobody does. */
export const processSilent = defineRule({
  name: 'process-silent',
  title: 'A process does not answer',
  severities: ['page', 'warning'],
  source: 'processes',
  raiseAfterMs: 0,
  clearAfterMs: 15_000,
  causes: ['route-lost', 'address-lost'],
  judge(processes) {
    return processes.flatMap(({ name, silentForMs, why, isStopped }) => {
      if (silentForMs < warningMs || isStopped) return [];
      const reason = why === undefined ? '' : `: ${why}`;
      const summary = `${name} has not answered for ${formatDuration(silentForMs)}${reason}`;
      return [{ subject: name, severity: silentForMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
});
