import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { withConnection } from '../platform/embedded-postgres/cluster-connection.ts';
import { createTestDatabase } from './create-test-database.ts';

test('databases made at the same time have the schema and share nothing', async () => {
  const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  after(() => Promise.all([first.drop(), second.drop()]));
  await withConnection(first.url, (sql) => sql`CREATE TABLE only_here ()`);
  const tables = await withConnection(second.url, (sql) => sql`SELECT relname FROM pg_class WHERE relkind = 'r'`);
  const names = tables.map((row) => row['relname']);
  assert.ok(names.includes('schema_version'));
  assert.ok(!names.includes('only_here'));
});

test('an unmigrated database is empty', async () => {
  const database = await createTestDatabase({ migrated: false });
  const tables = await withConnection(
    database.url,
    (sql) => sql`SELECT 1 FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  assert.equal(tables.length, 0);
  await database.drop();
});

test('a dropped database is gone even while somebody is connected', async () => {
  const database = await createTestDatabase({ migrated: false });
  await withConnection(database.url, async (sql) => {
    await sql`SELECT 1`;
    await database.drop();
  });
  await assert.rejects(
    withConnection(database.url, (sql) => sql`SELECT 1`),
    { code: '3D000' },
  );
});
