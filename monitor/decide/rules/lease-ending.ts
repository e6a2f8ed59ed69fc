import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** A client renews at half of the time; at a quarter it has failed for long. */
const warningShare = 0.25;
const pageShare = 0.05;

/** The lease of an address is not renewed: with its end the address goes, and the routes go with the address. */
export const leaseEnding = defineRule({
  name: 'lease-ending',
  title: 'The lease of an address is not renewed',
  severities: ['page', 'warning'],
  source: 'network',
  clearAfterMs: 30_000,
  judge({ leases }) {
    return leases.flatMap(({ address, remainingMs, lifetimeMs }) => {
      if (lifetimeMs <= 0 || remainingMs > lifetimeMs * warningShare) return [];
      const summary =
        remainingMs > 0
          ? `the lease of ${address} ends in ${formatDuration(remainingMs)} and is not renewed`
          : `the lease of ${address} ended ${formatDuration(remainingMs)} ago`;
      return [{ subject: address, severity: remainingMs > lifetimeMs * pageShare ? 'warning' : 'page', summary }];
    });
  },
});
