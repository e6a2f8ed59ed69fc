import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withConnection } from '../embedded-postgres/cluster-connection.ts';

/** How PostgreSQL's archiver is doing. */
export interface ArchiverState {
  readonly failedCount: number;
  /** Seconds since 1970; undefined before the first. */
  readonly lastArchivedSeconds: number | undefined;
  readonly lastFailedSeconds: number | undefined;
  /** Logs that wait to be archived. */
  readonly waiting: number;
  readonly timeline: number;
  readonly systemIdentifier: string;
  readonly nowMs: number;
}

/** Asks PostgreSQL and looks at what waits. */
export async function readArchiverState(superuserUrl: string, home: string): Promise<ArchiverState> {
  const [row] = await withConnection(
    superuserUrl,
    (sql) => sql`SELECT failed_count::float8 AS "failedCount",
      extract(epoch FROM last_archived_time)::float8 AS "lastArchivedSeconds",
      extract(epoch FROM last_failed_time)::float8 AS "lastFailedSeconds",
      timeline_id AS timeline, system_identifier::text AS "systemIdentifier",
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
      FROM pg_stat_archiver, pg_control_checkpoint(), pg_control_system()`,
  );
  const statuses = await readdir(join(home, 'data', 'pg_wal', 'archive_status')).catch(() => []);
  const { lastArchivedSeconds, lastFailedSeconds, ...state } = row as unknown as Omit<ArchiverState, 'waiting'>;
  return {
    ...state,
    lastArchivedSeconds: lastArchivedSeconds ?? undefined,
    lastFailedSeconds: lastFailedSeconds ?? undefined,
    waiting: statuses.filter((name) => name.endsWith('.ready')).length,
  };
}
