import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertMessages: BatchStatement = {
  name: 'insert-outbox-messages',
  table: 'to_device_outbox',
  columns: { destination: 'text', content: 'text' },
  text: (rows) => `INSERT INTO to_device_outbox (destination, content) SELECT * FROM ${rows}`,
};

export function insertOutboxMessage(destination: string, content: string): Write {
  return { statement: insertMessages, row: [destination, content] };
}

const deleteMessages: BatchStatement = {
  name: 'delete-outbox-messages',
  table: 'to_device_outbox',
  columns: { destination: 'text', id: 'bigint' },
  text: (rows) => `DELETE FROM to_device_outbox t USING ${rows}
    WHERE t.destination = row.destination AND t.id <= row.id AND t.retry_at IS NULL`,
  // What is deleted was committed before; what is inserted is newer than all of it.
  commutesWith: [insertMessages],
};

/** Deletes a destination's messages up to one, by its id, but those that were set aside. */
export function deleteOutboxUpTo(destination: string, id: number): Write {
  return { statement: deleteMessages, row: [destination, id] };
}

const deleteOldest: BatchStatement = {
  ...deleteMessages,
  name: 'delete-oldest-outbox-messages',
  text: (rows) => `DELETE FROM to_device_outbox t USING ${rows}
    WHERE t.destination = row.destination AND t.id <= row.id`,
};

/** Deletes a destination's messages up to one, by its id, whatever became of them. */
export function deleteOldestUpTo(destination: string, id: number): Write {
  return { statement: deleteOldest, row: [destination, id] };
}

const deleteOne: BatchStatement = {
  ...deleteMessages,
  name: 'delete-outbox-message',
  text: (rows) => `DELETE FROM to_device_outbox t USING ${rows}
    WHERE t.destination = row.destination AND t.id = row.id`,
};

/** Deletes one message. */
export function deleteOutboxMessage(destination: string, id: number): Write {
  return { statement: deleteOne, row: [destination, id] };
}

/** After an hour at first, then more and more seldom, up to once a day; by the database's clock. */
const setMessagesAside: BatchStatement = {
  name: 'set-outbox-messages-aside',
  table: 'to_device_outbox',
  columns: { destination: 'text', id: 'bigint', problem: 'text' },
  text: (rows) => `UPDATE to_device_outbox t SET refusals = t.refusals + 1, problem = row.problem,
    retry_at = clock_timestamp() + least(24, 2 ^ least(t.refusals, 10)) * interval '1 hour'
    FROM ${rows} WHERE t.destination = row.destination AND t.id = row.id`,
};

/** Sets a message aside that its server refuses: it is tried again by itself, later. */
export function setOutboxMessageAside(destination: string, id: number, problem: string): Write {
  return { statement: setMessagesAside, row: [destination, id, problem] };
}
