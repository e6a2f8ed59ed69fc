import { formatShare } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningShare = 0.8;
const pageShare = 0.95;

/** PostgreSQL refuses connections beyond its limit, those that would mend it too. */
export const connectionsRunningOut = defineRule({
  name: 'connections-running-out',
  title: 'The connections of the database run out',
  severities: ['page', 'warning'],
  source: 'postgres',
  raiseAfterMs: 30_000,
  judge({ primary }, { isRaised }) {
    const { used = 0, limit = 0 } = primary?.connections ?? {};
    const share = limit > 0 ? used / limit : 0;
    if (share < (isRaised('') ? warningShare - 0.1 : warningShare)) return [];
    const summary = `${used} of ${limit} connections to PostgreSQL are used (${formatShare(share)})`;
    return [{ subject: '', severity: share >= pageShare ? 'page' : 'warning', summary }];
  },
});
