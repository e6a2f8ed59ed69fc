import type { Look, SourceName } from '../../observations/observations.ts';
import { formatDuration } from '../format-figures.ts';
import type { Rule } from '../rule.ts';

const warningMs = 20_000;
const pageMs = 5 * 60_000;

/** The monitor is blind on one eye: what it cannot see it cannot tell. */
export const sourceUnseen: Rule = {
  name: 'source-unseen',
  title: 'The monitor cannot see',
  severities: ['page', 'warning'],
  losesData: false,
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  causes: [],
  judge({ sources }) {
    return Object.entries(sources as Partial<Record<SourceName, Look<unknown>>>).flatMap(([name, look]) => {
      if (look.kind !== 'failed' || look.forMs < warningMs) return [];
      const summary = `nothing is known of ${name} for ${formatDuration(look.forMs)}: ${look.why}`;
      return [{ subject: name, severity: look.forMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
};
