import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** They look every second at least. */
const allowedMs = 5_000;

/** What other programs that watch go by, too. */
export const readersStaleLimits = { allowedMs };

/** What is committed does not reach the readers of a process: its clients see nothing new. */
export const readersStale = defineRule({
  name: 'readers-stale',
  title: 'The readers of a process are wedged',
  severities: ['page'],
  source: 'processes',
  raiseAfterMs: 5_000,
  clearAfterMs: 15_000,
  causes: ['database-down', 'event-loop-slow'],
  judge(processes, { isRaised }) {
    return processes.flatMap(({ name, silentForMs, ready }) => {
      const limitMs = isRaised(name) ? allowedMs / 2 : allowedMs;
      if (silentForMs > 0 || !ready || ready.readerAgeMs < limitMs) return [];
      const summary = `${name} last read the log ${formatDuration(ready.readerAgeMs)} ago`;
      return [{ subject: name, severity: 'page', summary }];
    });
  },
});
