import { maxShards } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { whereDeviceExists } from './write-device-keys.ts';

const insertInboxMessages: BatchStatement = {
  name: 'insert-inbox-messages',
  table: 'inbox_message',
  columns: {
    user_id: 'text',
    device_id: 'text',
    shard: 'smallint',
    position: 'bigint',
    body: 'text',
    shared: 'bigint',
  },
  text: (rows) => `INSERT INTO inbox_message (user_id, device_id, shard, position, body, shared)
    SELECT row.* FROM ${rows} ${whereDeviceExists}`,
};

const deleteInboxMessages: BatchStatement = {
  name: 'delete-inbox-messages',
  table: 'inbox_message',
  columns: { user_id: 'text', device_id: 'text', shard: 'smallint', position: 'bigint', ordinal: 'integer' },
  text: (rows) => `DELETE FROM inbox_message t USING ${rows} WHERE t.user_id = row.user_id
    AND t.device_id = row.device_id AND t.shard = row.shard AND (t.position, t.ordinal) <= (row.position, row.ordinal)`,
  // What is deleted was committed before; what is inserted is newer than all of it.
  commutesWith: [insertInboxMessages],
};

/** Where a message stands in its inbox: messages are in this order. */
export interface InboxPlace {
  readonly shard: number;
  readonly position: number;
  readonly ordinal: number;
}

/** The ordinal after all messages of a position. */
export const lastOrdinal = 2_147_483_647;

export interface NewInboxMessage {
  readonly userId: string;
  readonly deviceId: string;
  readonly shard: number;
  readonly position: number;
  /** The event as JSON text, or the id under which `insertSharedMessage` stores it. */
  readonly content: { readonly body: string } | { readonly shared: number };
}

export function insertInboxMessage({ userId, deviceId, shard, position, content }: NewInboxMessage): Write {
  const body = 'body' in content ? content.body : null;
  const shared = 'shared' in content ? content.shared : null;
  return { statement: insertInboxMessages, row: [userId, deviceId, shard, position, body, shared] };
}

/** Deletes a device's messages of a shard up to a place, which it included. */
export function deleteInboxUpTo(userId: string, deviceId: string, { shard, position, ordinal }: InboxPlace): Write {
  return { statement: deleteInboxMessages, row: [userId, deviceId, shard, position, ordinal] };
}

const moveInboxMessages: BatchStatement = {
  name: 'move-inbox-messages',
  table: 'inbox_message',
  columns: {
    user_id: 'text',
    device_id: 'text',
    after_shard: 'smallint',
    after_position: 'bigint',
    after_ordinal: 'integer',
    shard: 'smallint',
    position: 'bigint',
  },
  text: (rows) => `UPDATE inbox_message t SET shard = moved.to_shard, position = moved.to_position,
      ordinal = moved.to_ordinal
    FROM (
      SELECT i.user_id, i.device_id, i.shard, i.position, i.ordinal, row.shard AS to_shard,
        row.position AS to_position,
        row_number() OVER (PARTITION BY i.user_id, i.device_id ORDER BY i.shard, i.position, i.ordinal) AS to_ordinal
      FROM ${rows} JOIN inbox_message i ON i.user_id = row.user_id AND i.device_id = row.device_id
        AND (i.shard, i.position, i.ordinal) > (row.after_shard, row.after_position, row.after_ordinal)
    ) moved
    WHERE t.user_id = moved.user_id AND t.device_id = moved.device_id AND t.shard = moved.shard
      AND t.position = moved.position AND t.ordinal = moved.ordinal`,
  rowKey: (row) => JSON.stringify(row.slice(0, 2)),
};

/** Moves all of a device's messages after a place, in their order, to a later position. */
export function moveInboxAfter(
  userId: string,
  deviceId: string,
  after: InboxPlace,
  to: { readonly shard: number; readonly position: number },
): Write {
  const { shard, position, ordinal } = after;
  return { statement: moveInboxMessages, row: [userId, deviceId, shard, position, ordinal, to.shard, to.position] };
}

const insertSharedMessages: BatchStatement = {
  name: 'insert-shared-messages',
  table: 'shared_message',
  columns: { id: 'bigint', body: 'text' },
  text: (rows) => `INSERT INTO shared_message (id, body) SELECT * FROM ${rows}`,
};

/** `id` is of `sharedMessageId`. */
export function insertSharedMessage(id: number, body: string): Write {
  return { statement: insertSharedMessages, row: [id, body] };
}

/** An id that no other message has, from the place of an entry of its own. */
export function sharedMessageId(shard: number, position: number): number {
  return position * maxShards + shard;
}

const deleteSharedMessages: BatchStatement = {
  name: 'delete-shared-messages',
  table: 'shared_message',
  columns: { id: 'bigint' },
  text: (rows) => `DELETE FROM shared_message t USING ${rows} WHERE t.id = row.id
    AND NOT EXISTS (SELECT FROM inbox_message i WHERE i.shared = t.id)`,
  commutesWith: [insertSharedMessages],
};

/** Deletes a shared message if no inbox refers to it any more. Give it after what deletes from the inboxes. */
export function deleteUnreferencedMessage(id: number): Write {
  return { statement: deleteSharedMessages, row: [id] };
}

const insertTransactions: BatchStatement = {
  name: 'insert-to-device-transactions',
  table: 'to_device_transaction',
  columns: { shard: 'smallint', identity: 'bytea', position: 'bigint' },
  text: (rows) => `INSERT INTO to_device_transaction (shard, identity, position) SELECT * FROM ${rows}
    ON CONFLICT DO NOTHING`,
};

export function insertTransaction(shard: number, identity: Uint8Array, position: number): Write {
  return { statement: insertTransactions, row: [shard, identity, position] };
}

const forgetOldTransactions: BatchStatement = {
  name: 'forget-to-device-transactions',
  table: 'to_device_transaction',
  columns: { shard: 'smallint', position: 'bigint' },
  text: (rows) => `DELETE FROM to_device_transaction t USING ${rows}
    WHERE t.shard = row.shard AND t.position < row.position`,
  commutesWith: [insertTransactions],
};

/** Drops what is remembered of requests below a position. */
export function forgetTransactions(shard: number, position: number): Write {
  return { statement: forgetOldTransactions, row: [shard, position] };
}
