import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';
import { etcdLost } from './etcd-unwell.ts';

const allowedMs = 5_000;

/** Nothing can be written, and soon nothing read: every process answers 503 until it is back. */
export const databaseDown = defineRule({
  name: 'database-down',
  title: 'The database is down',
  severities: ['page'],
  source: 'postgres',
  raiseAfterMs: 5_000,
  clearAfterMs: 15_000,
  causes: [
    // A full volume stops PostgreSQL; one that will be full some day, and another one, have nothing to do with it.
    {
      rule: 'disk-filling',
      explains: ({ subject, severity }) => subject.includes('database') && severity === 'page',
    },
    { rule: 'volume-read-only', explains: ({ subject }) => subject.includes('database') },
    ...[etcdLost, { rule: 'cluster-leaderless' }],
    ...[{ rule: 'route-lost' }, { rule: 'address-lost' }, { rule: 'name-unresolved' }],
  ],
  judge({ silentForMs, why }) {
    if (silentForMs < allowedMs) return [];
    const reason = why === undefined ? '' : `: ${why}`;
    return [
      { subject: '', severity: 'page', summary: `no primary has answered for ${formatDuration(silentForMs)}${reason}` },
    ];
  },
});
