import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 60_000;
const pageMs = 15 * 60_000;

/** Calls between people behind routers go through TURN; without it they stay silent. */
export const turnFailing = defineRule({
  name: 'turn-failing',
  title: 'A TURN server does not answer',
  severities: ['page', 'warning'],
  source: 'turn',
  raiseAfterMs: 0,
  causes: ['route-lost', 'name-unresolved'],
  judge(servers) {
    return servers.flatMap(({ uri, failingForMs, why }) => {
      if (failingForMs < warningMs) return [];
      // One of several that fails is not felt.
      const isLast = servers.every((server) => server.failingForMs >= pageMs);
      const reason = why === undefined ? '' : `: ${why}`;
      const summary = `${uri} has not answered for ${formatDuration(failingForMs)}${reason}`;
      return [{ subject: uri, severity: isLast ? 'page' : 'warning', summary }];
    });
  },
});
