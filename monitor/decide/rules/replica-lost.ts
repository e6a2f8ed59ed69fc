import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 10_000;
/** A replica that is started anew is back sooner. */
const pageMs = 60_000;

/** What other programs that watch go by, too. */
export const replicaLostLimits = { pageMs };

/** A replica does not follow: the next fault of the primary has nobody to take over, and logs pile up for it. */
export const replicaLost = defineRule({
  name: 'replica-lost',
  title: 'A replica of the database is lost',
  severities: ['page', 'warning'],
  source: 'postgres',
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  causes: [
    ...[{ rule: 'route-lost' }, { rule: 'address-lost' }, { rule: 'peer-unreachable' }],
    { rule: 'cluster-member-unwell', explains: (cause, symptom) => cause.subject === symptom.subject },
  ],
  judge({ primary }) {
    return (primary?.missingReplicas ?? []).flatMap(({ name, forMs }) => {
      if (forMs < warningMs) return [];
      const summary = `the replica ${name} has not followed for ${formatDuration(forMs)}`;
      return [{ subject: name, severity: forMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
});
