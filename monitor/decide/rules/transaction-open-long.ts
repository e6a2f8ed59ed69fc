import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 10 * 60_000;
const pageMs = 3 * 3_600_000;

/** A transaction that stays open keeps PostgreSQL from clearing up behind everybody. */
export const transactionOpenLong = defineRule({
  name: 'transaction-open-long',
  title: 'A transaction stays open',
  severities: ['page', 'warning'],
  source: 'postgres',
  judge({ primary }) {
    const oldest = primary?.oldestTransaction;
    if (!oldest || oldest.ageMs < warningMs) return [];
    const summary = `${oldest.application || 'a program'} has had a transaction open for ${formatDuration(oldest.ageMs)}`;
    return [{ subject: '', severity: oldest.ageMs >= pageMs ? 'page' : 'warning', summary }];
  },
});
