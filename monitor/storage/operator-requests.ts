import { type OperatorRequest, parseOperatorRequest } from '../escalation/operator-request.ts';
import type { MonitorSql } from './open-monitor-database.ts';

const mostAtOnce = 50;

/** Takes what administrators asked for since the last time, in its order; what cannot be read is gone. */
export async function takeOperatorRequests(sql: MonitorSql): Promise<OperatorRequest[]> {
  const rows = await sql<{ id: number; content: string }[]>`
    DELETE FROM operator_request WHERE id IN (SELECT id FROM operator_request ORDER BY id LIMIT ${mostAtOnce}::int)
    RETURNING id, content`;
  return rows.sort((a, b) => a.id - b.id).flatMap(({ content }) => parseOperatorRequest(content) ?? []);
}
