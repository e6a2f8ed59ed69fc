import type { StuckServer } from '../../observations/federation.ts';
import { formatDuration } from '../format-figures.ts';
import { type Condition, defineRule } from '../rule.ts';

/** A server that knows few others may have many dead ones among them. */
const leastServers = 20;
const pageShare = 0.5;
const receivedWarningMs = 120_000;
const receivedPageMs = 600_000;

/** A queue that stands still without a reason is our fault, and does not mend itself. */
const stuckWarningMs = 180_000;
const stuckPageMs = 30 * 60_000;
const stuckPageServers = 5;

/** What other programs that watch go by, too. */
export const federationStuckLimits = {
  ...{ leastServers, pageShare, receivedWarningMs, receivedPageMs },
  ...{ stuckWarningMs, stuckPageMs, stuckPageServers },
};

/** What is for other servers, or what came from them, waits here without a reason of theirs. */
export const federationStuck = defineRule({
  name: 'federation-stuck',
  title: 'Other servers get or give nothing',
  severities: ['page', 'warning'],
  source: 'federation',
  raiseAfterMs: 30_000,
  causes: ['route-lost', 'address-lost', 'name-unresolved', 'database-down', 'process-silent', 'certificate-ending'],
  judge({ destinationsBehind, destinationsKnown, stuck, oldestReceivedMs, receivedWaiting }, { isRaised }) {
    const isGeneral = destinationsKnown >= leastServers && destinationsBehind >= destinationsKnown * pageShare;
    const still = isRaised('queues') ? stuck : stuck.filter(({ waitingMs }) => waitingMs >= stuckWarningMs);
    const receiving = `${receivedWaiting} received transactions wait, the oldest for ${formatDuration(oldestReceivedMs)}`;
    return [
      ...(isGeneral
        ? [
            {
              ...({ subject: 'sending', severity: 'page' } as const),
              summary: `${destinationsBehind} of ${destinationsKnown} other servers are not reached`,
            } as const,
          ]
        : []),
      ...judgeStuck(still),
      ...(oldestReceivedMs >= receivedWarningMs
        ? [
            {
              ...{ subject: 'receiving', summary: receiving },
              severity: oldestReceivedMs >= receivedPageMs ? 'page' : 'warning',
            } as const,
          ]
        : []),
    ];
  },
});

/** The first has waited longest. */
function judgeStuck(stuck: readonly StuckServer[]): Condition[] {
  const [first] = stuck;
  if (!first) return [];
  const { server, waitingMs, lastSuccessAgoMs } = first;
  const isPage = stuck.length >= stuckPageServers || waitingMs >= stuckPageMs;
  const success =
    lastSuccessAgoMs === undefined
      ? 'nothing has arrived there since this process sends to it'
      : `the last that arrived there was ${formatDuration(lastSuccessAgoMs)} ago`;
  const count = stuck.length === 1 ? 'what is for a server waits' : `what is for ${stuck.length} servers waits`;
  const summary = `${count} although nothing failed, for ${server} since ${formatDuration(waitingMs)}: ${success}`;
  return [{ subject: 'queues', severity: isPage ? 'page' : 'warning', summary }];
}
