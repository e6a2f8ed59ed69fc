import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** There is no backup, or none that is young enough. */
export const backupTooOld = defineRule({
  name: 'backup-too-old',
  title: 'The newest backup is too old',
  severities: ['page', 'warning'],
  source: 'backups',
  raiseAfterMs: 60_000,
  causes: ['archive-failing', 'disk-filling'],
  judge({ newestAgeMs, allowedAgeMs, problem, isUnknown = false }) {
    if (isUnknown) return [];
    const reason = problem === undefined ? '' : `: ${problem}`;
    if (newestAgeMs === undefined) {
      return [{ subject: '', severity: 'warning', summary: `there is no backup${reason}` }];
    }
    if (newestAgeMs < allowedAgeMs) return [];
    const summary = `the newest backup is ${formatDuration(newestAgeMs)} old${reason}`;
    return [{ subject: '', severity: newestAgeMs >= 2 * allowedAgeMs ? 'page' : 'warning', summary }];
  },
});
