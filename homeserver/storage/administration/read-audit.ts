import type { Sql } from '../../platform/database/open-database.ts';

/** An act of an administrator. */
export interface AuditEntry {
  /** Grows with time. */
  readonly id: number;
  readonly atMs: number;
  readonly operator: string;
  readonly operation: string;
  readonly target: string;
  /** JSON, without secrets. */
  readonly details: string;
  readonly address: string | null;
  /** `done`, the code of an error, or null where it is not known. */
  readonly outcome: string | null;
}

export interface AuditQuery {
  /** Ids below it. */
  readonly before: number;
  readonly limit: number;
  readonly operator?: string | undefined;
  readonly target?: string | undefined;
}

/** Acts, the newest first. */
export async function readAudit(sql: Sql, { before, limit, operator, target }: AuditQuery): Promise<AuditEntry[]> {
  return await sql<AuditEntry[]>`
    SELECT id, at_ms AS "atMs", operator, operation, target, details, address, outcome FROM audit_entry
    WHERE id < ${before} ${operator === undefined ? sql`` : sql`AND operator = ${operator}`}
      ${target === undefined ? sql`` : sql`AND target = ${target}`}
    ORDER BY id DESC LIMIT ${limit}`;
}
