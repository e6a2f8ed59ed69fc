import { formatShare } from '../format-figures.ts';
import { type Condition, defineRule } from '../rule.ts';

const all = 2 ** 31;
const warningShare = 0.25;
const pageShare = 0.6;

/** PostgreSQL stops writing when its transaction ids run out; clearing up, by itself, keeps them far from that. */
export const wraparoundNear = defineRule({
  name: 'wraparound-near',
  title: 'Transaction ids run out',
  severities: ['page', 'warning'],
  source: 'postgres',
  raiseAfterMs: 60_000,
  causes: ['transaction-open-long'],
  judge({ primary }) {
    return [
      ...judge('', 'transaction ids', primary?.transactionIdAge ?? 0),
      ...judge('multixact', 'multixact ids', primary?.multixactAge ?? 0),
    ];
  },
});

function judge(subject: string, what: string, age: number): Condition[] {
  const share = age / all;
  if (share < warningShare) return [];
  const summary = `${formatShare(share)} of PostgreSQL's ${what} are used and not cleared up`;
  return [{ subject, severity: share >= pageShare ? 'page' : 'warning', summary }];
}
