import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 5 * 60_000;
const pageMs = 60 * 60_000;

/** A push gateway takes nothing: phones stay dark. */
export const pushFailing = defineRule({
  name: 'push-failing',
  title: 'A push gateway takes nothing',
  severities: ['page', 'warning'],
  source: 'push',
  raiseAfterMs: 0,
  causes: ['route-lost', 'name-unresolved', 'database-down'],
  judge(gateways) {
    return gateways.flatMap(({ gateway, failingForMs, waiting, why }) => {
      if (failingForMs < warningMs) return [];
      const reason = why === undefined ? '' : `: ${why}`;
      const summary = `${gateway} has taken nothing for ${formatDuration(failingForMs)}, ${waiting} wait${reason}`;
      return [{ subject: gateway, severity: failingForMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
});
