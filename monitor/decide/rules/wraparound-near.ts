import { formatShare } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

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
    const share = (primary?.transactionIdAge ?? 0) / all;
    if (share < warningShare) return [];
    const summary = `${formatShare(share)} of PostgreSQL's transaction ids are used and not cleared up`;
    return [{ subject: '', severity: share >= pageShare ? 'page' : 'warning', summary }];
  },
});
