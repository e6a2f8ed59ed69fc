import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 10_000;
const pageMs = 45_000;

/** A machine that Holdfast works with, such as the bridges', is not reached. */
export const peerUnreachable = defineRule({
  name: 'peer-unreachable',
  title: 'A machine is not reached',
  severities: ['page', 'warning'],
  source: 'network',
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  causes: [
    ...[{ rule: 'route-lost' }, { rule: 'address-lost' }],
    { rule: 'name-unresolved', explains: (cause, symptom) => symptom.subject.includes(cause.subject) },
  ],
  judge({ unreachablePeers }) {
    return unreachablePeers.flatMap(({ peer, forMs, why }) => {
      if (forMs < warningMs) return [];
      const summary = `${peer} has not been reached for ${formatDuration(forMs)}: ${why}`;
      return [{ subject: peer, severity: forMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
});
