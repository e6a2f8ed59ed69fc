import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const putAccountDataRows: BatchStatement = {
  name: 'put-account-data',
  table: 'account_data',
  columns: {
    user_id: 'text',
    room_id: 'text',
    type: 'text',
    content: 'text',
    shard: 'smallint',
    position: 'bigint',
  },
  text: (rows) => `INSERT INTO account_data (user_id, room_id, type, content, shard, position)
    SELECT * FROM ${rows}
    ON CONFLICT (user_id, room_id, type) DO UPDATE
      SET content = excluded.content, shard = excluded.shard, position = excluded.position`,
  rowKey: (row) => row.slice(0, 3).join(' '),
};

export interface AccountDataWrite {
  readonly userId: string;
  /** Empty: global. */
  readonly roomId: string;
  readonly type: string;
  /** JSON object; null deletes it, and what is left says so to clients that were away. */
  readonly content: string | null;
  readonly shard: number;
  readonly position: number;
}

export function putAccountData(data: AccountDataWrite): Write {
  const { userId, roomId, type, content, shard, position } = data;
  return { statement: putAccountDataRows, row: [userId, roomId, type, content, shard, position] };
}

const putChanges: BatchStatement = {
  name: 'put-push-rule-changes',
  table: 'push_rule_changes',
  columns: { user_id: 'text', changes: 'text', shard: 'smallint', position: 'bigint', counts_from: 'text' },
  text: (rows) => `INSERT INTO push_rule_changes (user_id, changes, shard, position, counts_from)
    SELECT row.user_id, row.changes, row.shard, row.position, row.counts_from::bigint[] FROM ${rows}
    ON CONFLICT (user_id) DO UPDATE
      SET changes = excluded.changes, shard = excluded.shard, position = excluded.position,
        counts_from = coalesce(excluded.counts_from, push_rule_changes.counts_from)`,
  rowKey: (row) => String(row[0]),
};

/**
 * `changes` is PushRuleChanges as JSON. `countsFrom` (positions by shard) is where they begin to count messages; null: as
 * before.
 */
export function putPushRuleChanges(
  userId: string,
  changes: string,
  place: { readonly shard: number; readonly position: number },
  countsFrom: readonly number[] | null,
): Write {
  const { shard, position } = place;
  return { statement: putChanges, row: [userId, changes, shard, position, countsFrom && `{${countsFrom.join(',')}}`] };
}

const deleteOfUser: BatchStatement = {
  name: 'delete-account-data-of-user',
  table: 'account_data',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM account_data USING ${rows} WHERE account_data.user_id = row.user_id`,
};

/** Of an account that is erased: nobody is left to be told. */
export function deleteAccountDataOfUser(userId: string): Write {
  return { statement: deleteOfUser, row: [userId] };
}

const deleteChangesOfUser: BatchStatement = {
  name: 'delete-push-rule-changes-of-user',
  table: 'push_rule_changes',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM push_rule_changes USING ${rows} WHERE push_rule_changes.user_id = row.user_id`,
};

export function deletePushRuleChangesOfUser(userId: string): Write {
  return { statement: deleteChangesOfUser, row: [userId] };
}
