import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 500;
const pageMs = 5_000;

/** What other programs that watch go by, too. */
export const eventLoopSlowLimits = { warningMs, pageMs };

/** Everything that a process does waits for its event loop. */
export const eventLoopSlow = defineRule({
  name: 'event-loop-slow',
  title: 'A process is slow in everything',
  severities: ['page', 'warning'],
  source: 'processes',
  raiseAfterMs: 60_000,
  judge(processes, { isRaised }) {
    return processes.flatMap(({ name, eventLoopDelayMs = 0 }) => {
      if (eventLoopDelayMs < (isRaised(name) ? warningMs / 2 : warningMs)) return [];
      const summary = `${name} turns ${formatDuration(eventLoopDelayMs)} late`;
      return [{ subject: name, severity: eventLoopDelayMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
});
