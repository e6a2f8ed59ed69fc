import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const dayMs = 86_400_000;
const warningMs = 14 * dayMs;
const pageMs = 2 * dayMs;

/** A certificate ends, or is not one that clients and servers believe. */
export const certificateEnding = defineRule({
  name: 'certificate-ending',
  title: 'A certificate ends or is wrong',
  severities: ['page', 'warning'],
  source: 'certificates',
  raiseAfterMs: 60_000,
  judge(certificates) {
    return certificates.flatMap(({ place, remainingMs, problem }) => {
      if (problem !== undefined)
        return [{ subject: place, severity: 'page', summary: `the certificate of ${place}: ${problem}` }];
      if (remainingMs >= warningMs) return [];
      const when =
        remainingMs > 0 ? `ends in ${formatDuration(remainingMs)}` : `ended ${formatDuration(remainingMs)} ago`;
      const severity = remainingMs < pageMs ? 'page' : 'warning';
      return [{ subject: place, severity, summary: `the certificate of ${place} ${when}` }];
    });
  },
});
