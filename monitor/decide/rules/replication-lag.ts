import { formatBytes, formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 30_000;
const pageMs = 300_000;
/** PostgreSQL lets go of one that is so silent, unless it is told not to. */
const silentMs = 60_000;
const warningBytes = 256 * 1024 ** 2;

/** What other programs that watch go by, too. */
export const replicationLagLimits = { pageMs, warningMs };

/** A replica follows too slowly: a switch to it would take that long, or lose that much where it is asynchronous. */
export const replicationLag = defineRule({
  name: 'replication-lag',
  title: 'A replica is behind',
  severities: ['page', 'warning'],
  source: 'postgres',
  raiseAfterMs: 15_000,
  causes: ['replica-lost', 'route-lost'],
  judge({ primary }, { isRaised }) {
    return (primary?.replicas ?? []).flatMap(({ name, lagBytes, lagMs = 0, isSynchronous, silentForMs }) => {
      const slack = isRaised(name) ? 0.5 : 1;
      const kind = isSynchronous ? 'synchronous replica' : 'replica';
      if (lagMs < warningMs * slack && lagBytes < warningBytes * slack) {
        if (silentForMs < silentMs) return [];
        const summary = `the ${kind} ${name} is connected and has said nothing for ${formatDuration(silentForMs)}`;
        return [{ subject: name, severity: 'warning', summary }];
      }
      const summary = `the ${kind} ${name} is ${formatDuration(lagMs)} and ${formatBytes(lagBytes)} behind`;
      return [{ subject: name, severity: lagMs >= pageMs ? 'page' : 'warning', summary }];
    });
  },
});
