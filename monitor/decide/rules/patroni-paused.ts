import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 60_000;
/** A planned work is over by then, and what is forgotten shows only when the primary dies. */
const pageMs = 4 * 3_600_000;

/** Patroni is told to leave everything as it is: when the primary dies, nobody takes over. */
export const patroniPaused = defineRule({
  name: 'patroni-paused',
  title: 'Nobody would take over from the primary',
  severities: ['page', 'warning'],
  source: 'patroni',
  raiseAfterMs: 0,
  clearAfterMs: 15_000,
  judge({ cluster }) {
    const { pausedForMs = 0 } = cluster ?? {};
    if (pausedForMs < warningMs) return [];
    const summary = `Patroni has been paused for ${formatDuration(pausedForMs)}: nobody takes over when the primary dies`;
    return [{ subject: '', severity: pausedForMs >= pageMs ? 'page' : 'warning', summary }];
  },
});
