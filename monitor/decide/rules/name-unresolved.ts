import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 10_000;
const pageMs = 60_000;

/** A name that Holdfast needs is not found. */
export const nameUnresolved = defineRule({
  name: 'name-unresolved',
  title: 'A name is not found',
  severities: ['page', 'warning'],
  source: 'network',
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  causes: ['route-lost', 'address-lost'],
  judge({ unresolvedNames }) {
    return unresolvedNames.flatMap(({ name, forMs, why }) => {
      if (forMs < warningMs) return [];
      const summary = `${name} has not been found for ${formatDuration(forMs)}: ${why}`;
      return [{ subject: name, severity: forMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
});
