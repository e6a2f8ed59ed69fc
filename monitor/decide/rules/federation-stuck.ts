import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** A server that knows few others may have many dead ones among them. */
const leastServers = 20;
const pageShare = 0.5;
const receivedWarningMs = 120_000;
const receivedPageMs = 600_000;

/** What other programs that watch go by, too. */
export const federationStuckLimits = { leastServers, pageShare, receivedWarningMs, receivedPageMs };

/** What is for other servers, or what came from them, waits here without a reason of theirs. */
export const federationStuck = defineRule({
  name: 'federation-stuck',
  title: 'Other servers get or give nothing',
  severities: ['page', 'warning'],
  source: 'federation',
  raiseAfterMs: 30_000,
  causes: ['route-lost', 'address-lost', 'name-unresolved', 'database-down', 'process-silent', 'certificate-ending'],
  judge({ destinationsBehind, destinationsKnown, stuck, oldestReceivedMs, receivedWaiting }) {
    const [first] = stuck;
    const isGeneral = destinationsKnown >= leastServers && destinationsBehind >= destinationsKnown * pageShare;
    const sending = isGeneral
      ? `${destinationsBehind} of ${destinationsKnown} other servers are not reached`
      : first && `${stuck.length} servers wait for no reason, ${first.server} for ${formatDuration(first.waitingMs)}`;
    const receiving = `${receivedWaiting} received transactions wait, the oldest for ${formatDuration(oldestReceivedMs)}`;
    return [
      ...(sending ? [{ subject: 'sending', severity: isGeneral ? 'page' : 'warning', summary: sending } as const] : []),
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
