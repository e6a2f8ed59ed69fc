import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { forgetMessages } from './messages.ts';
import { migrateBridgeDatabase } from './migrate-bridge-database.ts';
import { openBridgeDatabase } from './open-bridge-database.ts';
import { forgetTransactions } from './outbox.ts';

test('what is old is forgotten many at a time, so that it is done however much there is', async (t) => {
  const database = await createTestDatabase({ migrated: false });
  await migrateBridgeDatabase(database.url);
  const sql = openBridgeDatabase(database.url, 1);
  t.after(async () => {
    await sql.end({ timeout: 5 });
    await database.drop();
  });
  await sql`
    INSERT INTO message (network, target, identity, room_id, event_id, author, excerpt, sent_at)
    SELECT 'net', '#room', n, '!room', n, '', '', now() - n * interval '1 day' FROM generate_series(1, 25000) AS n`;
  await sql`
    INSERT INTO received_event (event_id, received_at)
    SELECT n, now() - n * interval '1 day' FROM generate_series(1, 25000) AS n`;
  await sql`
    INSERT INTO received_transaction (id, received_at)
    SELECT n, now() - n * interval '1 day' FROM generate_series(1, 25000) AS n`;
  const tables = ['message', 'received_event', 'received_transaction'];
  const count = async () => {
    const counts = tables.map(async (table) => (await sql`SELECT count(*) AS count FROM ${sql(table)}`)[0]?.['count']);
    return Promise.all(counts);
  };
  const forget = async () => {
    const dayAndHalfMs = 36 * 3_600_000;
    await forgetMessages(sql, dayAndHalfMs);
    await forgetTransactions(sql, dayAndHalfMs);
  };
  await forget();
  assert.deepEqual(await count(), [5_000, 5_000, 5_000]);
  await forget();
  assert.deepEqual(await count(), [1, 1, 1]);
});
