import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** So long one or the other may wait, with a warning and with a page after it. */
const allowed = {
  bucket: { warningMs: 10 * minuteMs, pageMs: hourMs, what: 'logs wait for the bucket' },
  media: { warningMs: hourMs, pageMs: 24 * hourMs, what: 'media are not brought into the backup' },
};

/** What other programs that watch go by, too. */
export const backupCopyLateLimits = allowed;

/** What was written is on this machine's disks alone for longer than it should be. */
export const backupCopyLate = defineRule({
  name: 'backup-copy-late',
  title: 'What is new is in no backup',
  severities: ['page', 'warning'],
  source: 'backups',
  raiseAfterMs: 0,
  causes: ['archive-failing', 'route-lost', 'name-unresolved', 'clock-off', 'volume-read-only', 'disk-filling'],
  judge({ bucketBehindMs = 0, mediaBehindMs = 0 }) {
    const behindMs = { bucket: bucketBehindMs, media: mediaBehindMs };
    return (['bucket', 'media'] as const)
      .filter((subject) => behindMs[subject] >= allowed[subject].warningMs)
      .map((subject) => {
        const { pageMs, what } = allowed[subject];
        const summary = `${what}, for ${formatDuration(behindMs[subject])}`;
        return { subject, severity: behindMs[subject] >= pageMs ? 'page' : 'warning', summary };
      });
  },
});
