import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** A backup that nobody has read back is a hope. */
export const backupUnverified = defineRule({
  name: 'backup-unverified',
  title: 'No backup was checked for too long',
  severities: ['warning'],
  source: 'backups',
  raiseAfterMs: 60_000,
  causes: ['backup-too-old'],
  judge({ newestAgeMs, verifiedAgoMs, allowedUnverifiedMs }) {
    if (newestAgeMs === undefined || allowedUnverifiedMs === undefined) return [];
    if (verifiedAgoMs !== undefined && verifiedAgoMs < allowedUnverifiedMs) return [];
    const last = verifiedAgoMs === undefined ? 'never' : `${formatDuration(verifiedAgoMs)} ago`;
    return [{ subject: '', severity: 'warning', summary: `a backup was last checked in whole: ${last}` }];
  },
});
