import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';
import { nameVolume } from './disk-filling.ts';

const warningMs = 30_000;
/** Of the database's volume; others can wait until the morning. */
const pageMs = 10 * 60_000;

/** A folder is not there, its file system hangs, or its machine does not tell: nobody would see it fill up. */
export const volumeUnseen = defineRule({
  name: 'volume-unseen',
  title: 'A volume cannot be looked at',
  severities: ['page', 'warning'],
  source: 'volumes',
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  causes: ['route-lost', 'address-lost', 'peer-unreachable', 'replica-lost', 'database-down'],
  judge(volumes) {
    return volumes.flatMap((volume) => {
      const { forMs = 0, why = '' } = volume.unseen ?? {};
      if (forMs < warningMs) return [];
      const subject = nameVolume(volume);
      const summary = `nothing is known of ${subject} for ${formatDuration(forMs)}: ${why}`;
      const isPage = forMs >= pageMs && volume.holds.includes('database');
      return [{ subject, severity: isPage ? 'page' : 'warning', summary }];
    });
  },
});
