import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

export interface NewAuditEntry {
  readonly act: string;
  readonly atMs: number;
  readonly operator: string;
  readonly operation: string;
  readonly target: string;
  readonly details: string;
  readonly address: string | null;
}

const insertEntries: BatchStatement = {
  name: 'insert-audit-entries',
  table: 'audit_entry',
  columns: {
    act: 'text',
    at_ms: 'bigint',
    operator: 'text',
    operation: 'text',
    target: 'text',
    details: 'text',
    address: 'text',
  },
  text: (rows) => `INSERT INTO audit_entry (act, at_ms, operator, operation, target, details, address)
    SELECT * FROM ${rows} ON CONFLICT DO NOTHING`,
};

export function insertAuditEntry(entry: NewAuditEntry): Write {
  const { act, atMs, operator, operation, target, details, address } = entry;
  return { statement: insertEntries, row: [act, atMs, operator, operation, target, details, address] };
}

const setOutcomes: BatchStatement = {
  name: 'set-audit-outcomes',
  table: 'audit_entry',
  columns: { act: 'text', outcome: 'text' },
  text: (rows) => `UPDATE audit_entry SET outcome = row.outcome FROM ${rows}
    WHERE audit_entry.act = row.act AND audit_entry.outcome IS NULL`,
  rowKey: (row) => String(row[0]),
};

/** The first outcome that an act is told stays. */
export function setAuditOutcome(act: string, outcome: string): Write {
  return { statement: setOutcomes, row: [act, outcome] };
}
