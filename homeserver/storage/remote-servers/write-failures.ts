import type { Sql } from '../../platform/database/open-database.ts';

export interface SavedFailure {
  readonly serverName: string;
  readonly failingForMs: number;
  readonly retryInMs: number;
  readonly lastError: string;
}

/** Remembers which servers do not answer and when each is asked again. Each server once. */
export async function saveFailures(sql: Sql, failures: readonly SavedFailure[]): Promise<void> {
  await sql`
    INSERT INTO remote_server_failure (server_name, failing_since, retry_at, last_error)
    SELECT name, clock_timestamp() - failing * interval '1 millisecond', clock_timestamp() + retry * interval '1 millisecond', error
    FROM unnest(${failures.map(({ serverName }) => serverName)}::text[],
      ${failures.map(({ failingForMs }) => failingForMs)}::float8[],
      ${failures.map(({ retryInMs }) => retryInMs)}::float8[],
      ${failures.map(({ lastError }) => lastError)}::text[]) AS given (name, failing, retry, error)
    ON CONFLICT (server_name) DO UPDATE SET failing_since = excluded.failing_since, retry_at = excluded.retry_at,
      last_error = excluded.last_error, is_over = false, changed_at = clock_timestamp()`;
}

/** The servers have been heard from. */
export async function endFailures(sql: Sql, serverNames: readonly string[]): Promise<void> {
  await sql`UPDATE remote_server_failure SET is_over = true, changed_at = clock_timestamp()
    WHERE server_name = ANY(${serverNames as string[]}::text[]) AND NOT is_over`;
}

/** Forgets failures that have been over for longer than any process takes to notice. */
export async function forgetEndedFailures(sql: Sql): Promise<void> {
  await sql`DELETE FROM remote_server_failure WHERE is_over AND changed_at < clock_timestamp() - interval '1 hour'`;
}
