import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { type PresenceState, presenceCodes } from './presence-states.ts';

const putPresences: BatchStatement = {
  name: 'put-presences',
  table: 'presence',
  columns: {
    user_id: 'text',
    state: 'smallint',
    status_message: 'text',
    last_active_at: 'bigint',
    currently_active: 'boolean',
    shard: 'smallint',
    position: 'bigint',
  },
  text: (rows) => `INSERT INTO presence (user_id, state, status_message, last_active_at, currently_active, shard,
    position) SELECT * FROM ${rows}
    ON CONFLICT (user_id) DO UPDATE SET state = excluded.state, status_message = excluded.status_message,
    last_active_at = excluded.last_active_at, currently_active = excluded.currently_active, shard = excluded.shard,
    position = excluded.position`,
  rowKey: (row) => String(row[0]),
};

export interface NewPresence {
  readonly userId: string;
  readonly state: PresenceState;
  readonly statusMessage: string | undefined;
  readonly lastActiveMs: number;
  readonly currentlyActive: boolean;
}

export function putPresence(presence: NewPresence, shard: number, position: number): Write {
  const { userId, state, statusMessage, lastActiveMs, currentlyActive } = presence;
  return {
    statement: putPresences,
    row: [userId, presenceCodes[state], statusMessage ?? null, lastActiveMs, currentlyActive, shard, position],
  };
}
