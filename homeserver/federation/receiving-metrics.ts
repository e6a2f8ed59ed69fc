import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';

/** What comes from other servers. */
export const receivingMetrics = perContext(({ metrics }: Context) => ({
  transactions: metrics.counter({
    name: 'holdfast_federation_transactions_received_total',
    help: 'Transactions of other servers by what came of them; too-many: the server sent more than its share.',
    labels: ['result'],
  }),
  seconds: metrics.histogram({
    name: 'holdfast_federation_transaction_received_seconds',
    help: 'From the arrival of a transaction until all of it was committed, waiting for its turn included.',
  }),
  pdus: metrics.counter({
    name: 'holdfast_federation_pdus_received_total',
    help: 'Events of other servers by what came of them.',
    labels: ['outcome'],
  }),
  edus: metrics.counter({
    name: 'holdfast_federation_edus_received_total',
    help: 'EDUs of other servers by type and by what came of them.',
    labels: ['type', 'result'],
  }),
}));
