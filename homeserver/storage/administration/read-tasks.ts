import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Sql } from '../../platform/database/open-database.ts';
import type { TaskRow, TaskState } from './task-row.ts';

type Stored = Omit<TaskRow, 'input' | 'progress'> & { readonly input: string; readonly progress: string };

const columns = (sql: Sql) => sql`id, shard, kind, subject, input, progress, requested_by AS "requestedBy",
  created_ms AS "createdMs", state, is_cancel_asked AS "isCancelAsked", done, total, error,
  (extract(epoch FROM coalesce(ended_at, clock_timestamp()) - started_at) * 1000)::float8 AS "runningMs"`;

/** What these shards have to do, the oldest first. */
export async function readOpenTasks(sql: Sql, shards: readonly number[], limit: number): Promise<TaskRow[]> {
  if (shards.length === 0) return [];
  const rows = await sql<Stored[]>`
    SELECT ${columns(sql)} FROM admin_task WHERE state = 'running' AND shard = ANY(${shards as number[]}::int[])
    ORDER BY created_ms LIMIT ${limit}`;
  return rows.map(parse);
}

export async function readTask(sql: Sql, id: string): Promise<TaskRow | undefined> {
  const rows = await sql<Stored[]>`SELECT ${columns(sql)} FROM admin_task WHERE id = ${id}`;
  return rows[0] && parse(rows[0]);
}

/** The task of this kind that is under way for a subject, if there is one. */
export async function readOpenTaskOf(sql: Sql, kind: string, subject: string): Promise<TaskRow | undefined> {
  const rows = await sql<Stored[]>`
    SELECT ${columns(sql)} FROM admin_task WHERE subject = ${subject} AND kind = ${kind} AND state = 'running' LIMIT 1`;
  return rows[0] && parse(rows[0]);
}

/** Tasks, the newest first. */
export async function readTasks(
  sql: Sql,
  query: {
    readonly offset: number;
    readonly limit: number;
    readonly state?: TaskState | undefined;
    readonly subject?: string | undefined;
  },
): Promise<TaskRow[]> {
  const { offset, limit, state, subject } = query;
  const rows = await sql<Stored[]>`
    SELECT ${columns(sql)} FROM admin_task WHERE true
      ${state === undefined ? sql`` : sql`AND state = ${state}`} ${subject === undefined ? sql`` : sql`AND subject = ${subject}`}
    ORDER BY created_ms DESC, id LIMIT ${limit} OFFSET ${offset}`;
  return rows.map(parse);
}

function parse({ input, progress, ...row }: Stored): TaskRow {
  return { ...row, input: JSON.parse(input) as JsonObject, progress: JSON.parse(progress) as JsonObject };
}
