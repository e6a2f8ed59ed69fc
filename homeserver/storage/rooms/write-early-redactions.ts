import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertEarlyRedactions: BatchStatement = {
  name: 'insert-early-redactions',
  table: 'early_redaction',
  columns: { room: 'integer', redacts: 'text', position: 'bigint', has_power: 'boolean' },
  text: (rows) => `INSERT INTO early_redaction (room, redacts, position, has_power) SELECT * FROM ${rows}`,
};

const deleteEarlyRedactions: BatchStatement = {
  name: 'delete-early-redactions',
  table: 'early_redaction',
  columns: { room: 'integer', redacts: 'text' },
  text: (rows) => `DELETE FROM early_redaction USING ${rows}
    WHERE early_redaction.room = row.room AND early_redaction.redacts = row.redacts`,
};

/** The redaction at `position` names an event that is not here. `hasPower`: its sender may redact others' events. */
export function insertEarlyRedaction(room: number, redacts: string, position: number, hasPower: boolean): Write {
  return { statement: insertEarlyRedactions, row: [room, redacts, position, hasPower] };
}

/** The event that they name is here now, and they had their effect or none. */
export function forgetEarlyRedactions(room: number, redacts: string): Write {
  return { statement: deleteEarlyRedactions, row: [room, redacts] };
}
