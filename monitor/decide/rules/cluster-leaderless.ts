import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';
import { etcdLost } from './etcd-unwell.ts';

const warningMs = 5_000;
/** Another machine is primary after 25 s. */
const pageMs = 40_000;

/** Patroni has no primary: the one before is gone, and no other has taken over. */
export const clusterLeaderless = defineRule({
  name: 'cluster-leaderless',
  title: 'No machine is the primary',
  severities: ['page', 'warning'],
  source: 'patroni',
  raiseAfterMs: 0,
  clearAfterMs: 15_000,
  causes: [
    etcdLost,
    // It has been known for hours, maybe, that nobody would take over: Alertmanager must not silence that nobody does.
    { rule: 'patroni-paused', explains: () => true },
    ...[{ rule: 'route-lost' }, { rule: 'address-lost' }],
  ],
  judge({ cluster }) {
    const { leaderlessForMs = 0 } = cluster ?? {};
    if (leaderlessForMs < warningMs) return [];
    const summary = `Patroni has had no primary for ${formatDuration(leaderlessForMs)}`;
    return [{ subject: '', severity: leaderlessForMs >= pageMs ? 'page' : 'warning', summary }];
  },
});
