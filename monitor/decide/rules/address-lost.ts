import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** The machine has lost an address that it had, and with it the routes that need it. */
export const addressLost = defineRule({
  name: 'address-lost',
  title: 'An address is gone',
  severities: ['page'],
  source: 'network',
  clearAfterMs: 15_000,
  causes: ['lease-ending'],
  judge({ missingAddresses }) {
    return missingAddresses.map(({ address, forMs }) => {
      const summary = `the address ${address} has been gone for ${formatDuration(forMs)}`;
      return { subject: address, severity: 'page', summary };
    });
  },
});
