import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** With a look and a round, whoever watches knows within 30 s. */
const warningMs = 15_000;
const pageMs = 75_000;

/** What other programs that watch go by, too. */
export const bridgeStuckLimits = { warningMs, pageMs };

/** Events wait for a bridge or an application service and are not taken. */
export const bridgeStuck = defineRule({
  name: 'bridge-stuck',
  title: 'A bridge or application service takes nothing',
  severities: ['page', 'warning', 'notice'],
  source: 'bridges',
  raiseAfterMs: 0,
  clearAfterMs: 15_000,
  causes: ['route-lost', 'address-lost', 'peer-unreachable', 'database-down', 'process-silent'],
  judge(bridges) {
    return bridges.flatMap(({ name, direction, oldestWaitingMs, waiting, isPaused, isHeldBack, lastError }) => {
      if (oldestWaitingMs < warningMs) return [];
      const error = lastError === undefined ? '' : `: ${lastError}`;
      const paused = isPaused ? ' (paused)' : isHeldBack ? ' (paused by itself: it refuses them again and again)' : '';
      const wait = `${waiting} events wait${paused}, the oldest for ${formatDuration(oldestWaitingMs)}`;
      const severity = isPaused ? 'notice' : oldestWaitingMs >= pageMs ? 'page' : 'warning';
      return [{ subject: `${name} ${direction}`, severity, summary: `${name} ${direction}: ${wait}${error}` }];
    });
  },
});
