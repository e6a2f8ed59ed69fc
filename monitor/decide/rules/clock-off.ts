import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const pageMs = 5_000;
const warningMs = 1_000;
const rightMs = 500;

/** What other programs that watch go by, too. */
export const clockOffLimits = { pageMs, warningMs };

/** A process that is more than five seconds off hands its shards over until it is right. */
export const clockOff = defineRule({
  name: 'clock-off',
  title: 'A clock is wrong',
  severities: ['page', 'warning'],
  source: 'clocks',
  // What a process says of its clock is up to ten seconds old: whoever watches knows within 30 s.
  raiseAfterMs: 5_000,
  clearAfterMs: 30_000,
  causes: [],
  judge(clocks, { isRaised }) {
    return clocks.flatMap(({ name, offsetMs }) => {
      const distanceMs = Math.abs(offsetMs);
      if (distanceMs < (isRaised(name) ? rightMs : warningMs)) return [];
      const summary = `the clock of ${name} is ${formatDuration(distanceMs)} ${offsetMs > 0 ? 'fast' : 'slow'}`;
      return [{ subject: name, severity: distanceMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
});
