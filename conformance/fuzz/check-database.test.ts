import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import postgres from 'postgres';
import { checkDatabase } from './check-database.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let sql: postgres.Sql;
before(async () => {
  database = await createTestDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.drop();
});

test('state that there is none of is sound; state of an event that is not stored is told with its row', async () => {
  await sql`INSERT INTO room_state (shard, room, type, state_key, from_position, event) VALUES (0, 1, 1, 1, 5, NULL)`;
  assert.deepEqual(await checkDatabase(database.url), []);
  await sql`INSERT INTO room_state (shard, room, type, state_key, from_position, event) VALUES (0, 1, 1, 2, 5, 77)`;
  const [problem, ...others] = await checkDatabase(database.url);
  assert.deepEqual(others, []);
  assert.match(problem ?? '', /1 × state of an event that is not there\n.*"event":77/);
});
