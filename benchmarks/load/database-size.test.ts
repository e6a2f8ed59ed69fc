import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import postgres from 'postgres';
import { databaseGrowth, readDatabaseSize } from './database-size.ts';
import { measureDurableCommit } from './durable-commit.ts';

test('growth is counted in the database, in the log and by table', async (context) => {
  const database = await createTestDatabase({ migrated: false });
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  context.after(async () => {
    await sql.end();
    await database.drop();
  });
  await sql`CREATE TABLE filled (bytes bytea)`;
  const before = await readDatabaseSize(sql);
  for (let row = 0; row < 50; row += 1) await sql`INSERT INTO filled VALUES (${randomBytes(20_000)})`;
  const growth = databaseGrowth(before, await readDatabaseSize(sql));
  for (const bytes of [growth.databaseBytes, growth.logBytes, growth.tables[0]?.bytes ?? 0]) {
    assert.ok(bytes > 1_000_000 && bytes < 3_000_000, `${bytes}`);
  }
  assert.equal(growth.tables[0]?.table, 'filled');
});

test('a PostgreSQL that does not flush is no yardstick', async (context) => {
  const database = await createTestDatabase({ migrated: false });
  const sql = postgres(database.url, { max: 1, onnotice: () => {}, connection: { synchronous_commit: 'off' } });
  context.after(async () => {
    await sql.end();
    await database.drop();
  });
  await assert.rejects(measureDurableCommit(sql, 1), /does not flush/);
});
