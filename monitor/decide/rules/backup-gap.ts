import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** A base backup that closes the gap is made in less. */
const pageMs = 3_600_000;

/** Logs are missing among the archived ones: nothing after the gap can be restored until the next base backup. */
export const backupGap = defineRule({
  name: 'backup-gap',
  title: 'The backup has a gap',
  severities: ['page', 'warning'],
  source: 'backups',
  raiseAfterMs: 0,
  causes: ['archive-failing', 'disk-filling', 'volume-unseen'],
  judge({ gap }) {
    if (!gap) return [];
    const since = gap.forMs > 0 ? ` for ${formatDuration(gap.forMs)}` : '';
    const summary = `${gap.logs} logs are in no backup${since}: what came later cannot be restored before a new base backup`;
    return [{ subject: '', severity: gap.forMs >= pageMs ? 'page' : 'warning', summary }];
  },
});
