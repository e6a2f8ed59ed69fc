import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { InteractiveSessionRow } from './interactive-session-row.ts';

const putSessions: BatchStatement = {
  name: 'put-interactive-sessions',
  table: 'interactive_session',
  columns: { id: 'text', operation: 'text', user_id: 'text', completed: 'text', lifetime_ms: 'bigint' },
  text: (rows) => `INSERT INTO interactive_session (id, operation, user_id, completed, expires_at)
    SELECT row.id, row.operation, row.user_id, row.completed,
      clock_timestamp() + row.lifetime_ms * interval '1 millisecond'
    FROM ${rows}
    ON CONFLICT (id) DO UPDATE SET completed = excluded.completed`,
  rowKey: (row) => String(row[0]),
};

/** The lifetime counts from when it was first put. */
export function putInteractiveSession(session: InteractiveSessionRow, lifetimeMs: number): Write {
  const { id, operation, userId, completed } = session;
  return { statement: putSessions, row: [id, operation, userId, completed, lifetimeMs] };
}

const deleteSessions: BatchStatement = {
  name: 'delete-interactive-sessions',
  table: 'interactive_session',
  columns: { id: 'text' },
  text: (rows) => `DELETE FROM interactive_session USING ${rows} WHERE interactive_session.id = row.id`,
};

export function deleteInteractiveSession(id: string): Write {
  return { statement: deleteSessions, row: [id] };
}

const deleteExpired: BatchStatement = {
  name: 'delete-expired-interactive-sessions',
  table: 'interactive_session',
  columns: { due: 'boolean' },
  text: (rows) => `DELETE FROM interactive_session
    WHERE expires_at <= clock_timestamp() AND EXISTS (SELECT FROM ${rows})`,
  rowKey: () => '',
};

/** Deletes all that are over. */
export function deleteExpiredInteractiveSessions(): Write {
  return { statement: deleteExpired, row: [true] };
}
