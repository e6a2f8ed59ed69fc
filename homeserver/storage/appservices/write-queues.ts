import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { QueueRow, SkipRow } from './queue-row.ts';

const putQueues: BatchStatement = {
  name: 'put-appservice-queues',
  table: 'application_service_queue',
  columns: {
    id: 'text',
    positions: 'text',
    transaction_number: 'bigint',
    transaction: 'text',
    last_success_ms: 'bigint',
    held_transaction: 'bigint',
  },
  text: (rows) => `INSERT INTO application_service_queue
      (id, positions, transaction_number, transaction, last_success_ms, held_transaction)
    SELECT row.id, row.positions::bigint[], row.transaction_number, row.transaction, row.last_success_ms,
      row.held_transaction FROM ${rows}
    ON CONFLICT (id) DO UPDATE SET positions = excluded.positions, transaction_number = excluded.transaction_number,
      transaction = excluded.transaction, held_transaction = excluded.held_transaction,
      last_success_ms = coalesce(excluded.last_success_ms, application_service_queue.last_success_ms)
    -- What was to be written before something newer, and had to be tried again, comes too late.
    WHERE application_service_queue.transaction_number <= excluded.transaction_number`,
  rowKey: (row) => String(row[0]),
};

export function putQueue(queue: QueueRow): Write {
  const { id, positions, transactionNumber, transaction, lastSuccessMs, heldTransaction } = queue;
  const row = [id, `{${positions.join(',')}}`, transactionNumber, transaction, lastSuccessMs, heldTransaction];
  return { statement: putQueues, row };
}

const pauseQueues: BatchStatement = {
  name: 'pause-appservice-queues',
  table: 'application_service_queue',
  columns: { id: 'text', is_paused: 'boolean' },
  text: (rows) => `UPDATE application_service_queue SET is_paused = row.is_paused FROM ${rows}
    WHERE application_service_queue.id = row.id`,
  rowKey: (row) => String(row[0]),
};

export function setQueuePaused(id: string, isPaused: boolean): Write {
  return { statement: pauseQueues, row: [id, isPaused] };
}

const insertSkips: BatchStatement = {
  name: 'insert-appservice-skips',
  table: 'application_service_skip',
  columns: {
    service: 'text',
    skipped_ms: 'bigint',
    transaction_number: 'bigint',
    what: 'text',
    last_error: 'text',
  },
  text: (rows) => `INSERT INTO application_service_skip (service, skipped_ms, transaction_number, what, last_error)
    SELECT * FROM ${rows}`,
};

/** Writes down what was passed over. */
export function insertSkip({ service, skippedMs, transactionNumber, what, lastError }: SkipRow): Write {
  return { statement: insertSkips, row: [service, skippedMs, transactionNumber, what, lastError] };
}
