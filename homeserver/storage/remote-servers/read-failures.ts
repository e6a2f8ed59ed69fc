import type { Sql } from '../../platform/database/open-database.ts';

export interface FailureRow {
  readonly serverName: string;
  /** All times by the database's clock. */
  readonly failingForMs: number;
  readonly retryInMs: number;
  readonly lastError: string;
  readonly isOver: boolean;
}

const mostRows = 100_000;

/** The servers that do not answer, those that failed last first. */
export async function readFailures(sql: Sql): Promise<FailureRow[]> {
  return sql<FailureRow[]>`SELECT ${columns(sql)} FROM remote_server_failure
    WHERE NOT is_over ORDER BY changed_at DESC LIMIT ${mostRows}`;
}

/** What has changed in the last `withinMs`, the end of failures included. */
export async function readFailureChanges(sql: Sql, withinMs: number): Promise<FailureRow[]> {
  return sql<FailureRow[]>`SELECT ${columns(sql)} FROM remote_server_failure
    WHERE changed_at > clock_timestamp() - ${withinMs / 1000} * interval '1 second' LIMIT ${mostRows}`;
}

function columns(sql: Sql) {
  return sql`server_name AS "serverName", last_error AS "lastError", is_over AS "isOver",
    (extract(epoch FROM clock_timestamp() - failing_since) * 1000)::float8 AS "failingForMs",
    (extract(epoch FROM retry_at - clock_timestamp()) * 1000)::float8 AS "retryInMs"`;
}
