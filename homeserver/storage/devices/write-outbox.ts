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
    WHERE t.destination = row.destination AND t.id <= row.id`,
  // What is deleted was committed before; what is inserted is newer than all of it.
  commutesWith: [insertMessages],
};

/** Deletes a destination's messages up to one, by its id. */
export function deleteOutboxUpTo(destination: string, id: number): Write {
  return { statement: deleteMessages, row: [destination, id] };
}
