import { formatDuration } from '../format-figures.ts';
import { type Condition, defineRule } from '../rule.ts';

const warningMs = 10 * 60_000;
const pageMs = 3 * 3_600_000;

/** A transaction that stays open keeps PostgreSQL from clearing up behind everybody. */
export const transactionOpenLong = defineRule({
  name: 'transaction-open-long',
  title: 'A transaction stays open',
  severities: ['page', 'warning'],
  source: 'postgres',
  judge({ primary }) {
    const { oldestTransaction: open, oldestPrepared: prepared } = primary ?? {};
    return [
      ...judge('', open?.ageMs, `${open?.application || 'a program'} has had a transaction open`),
      ...judge('prepared', prepared?.ageMs, `the transaction ${prepared?.name} is prepared and not ended`),
    ];
  },
});

function judge(subject: string, ageMs: number | undefined, what: string): Condition[] {
  if (ageMs === undefined || ageMs < warningMs) return [];
  const summary = `${what} for ${formatDuration(ageMs)}`;
  return [{ subject, severity: ageMs >= pageMs ? 'page' : 'warning', summary }];
}
