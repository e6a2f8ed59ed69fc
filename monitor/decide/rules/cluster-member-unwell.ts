import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';
import { etcdLost } from './etcd-unwell.ts';

const warningMs = 20_000;
/** A machine that starts again, or is made anew from another one, is back sooner if it is small. */
const pageMs = 10 * 60_000;

/** A machine of the database's cluster does not run, follows an old history, or its Patroni does not answer. */
export const clusterMemberUnwell = defineRule({
  name: 'cluster-member-unwell',
  title: "A machine of the database's cluster is not well",
  severities: ['page', 'warning'],
  source: 'patroni',
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  causes: ['route-lost', 'address-lost', 'peer-unreachable', etcdLost],
  judge({ silent, cluster }) {
    const unwell = (cluster?.members ?? []).filter(({ unwellForMs }) => unwellForMs >= warningMs);
    return [
      ...unwell.map(({ name, state, unwellForMs, isOnOldTimeline }) => {
        const what = isOnOldTimeline ? 'follows an old timeline' : `is ${state}`;
        const summary = `${name} ${what} for ${formatDuration(unwellForMs)}`;
        return { subject: name, severity: unwellForMs >= pageMs ? 'page' : 'warning', summary } as const;
      }),
      ...silent
        .filter(({ forMs }) => forMs >= warningMs)
        .map(({ place, forMs, why }) => {
          const summary = `Patroni at ${place} has not answered for ${formatDuration(forMs)}: ${why}`;
          return { subject: `Patroni at ${place}`, severity: forMs >= pageMs ? 'page' : 'warning', summary } as const;
        }),
    ];
  },
});
