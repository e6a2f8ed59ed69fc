import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CreatedTestDatabase, createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { fixSecret, readState, releaseLease, takeLease, writeState } from './lease-and-state.ts';
import { addToTimeline, emptyMonitorState } from './monitor-state.ts';
import { type MonitorSql, migrateMonitorDatabase, openMonitorDatabase } from './open-monitor-database.ts';
import { readStateFile, writeStateFile } from './state-file.ts';

let database: CreatedTestDatabase;
let sql: MonitorSql;
before(async () => {
  database = await createTestDatabase();
  sql = openMonitorDatabase(database.url);
  await Promise.all([migrateMonitorDatabase(sql), migrateMonitorDatabase(sql)]);
});
after(async () => {
  await sql.end({ timeout: 1 });
  await database.drop();
});

test('of several monitors exactly one has the lease, and another one gets it when it is given back or over', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const answers = await Promise.all(names.map((name) => takeLease(sql, name, 60_000)));
  const owner = answers.find((answer) => answer.owner !== '')?.owner ?? '';
  assert.equal((await takeLease(sql, 'e', 60_000)).owner, owner);
  assert.equal((await takeLease(sql, owner, 60_000)).owner, owner);
  await releaseLease(sql, owner);
  assert.equal((await takeLease(sql, 'e', 0)).owner, 'e');
  const { owner: next, databaseMs } = await takeLease(sql, 'f', 60_000);
  assert.equal(next, 'f');
  assert.ok(databaseMs > 1.7e12);
});

test('only the owner of the lease writes what is remembered', async () => {
  await takeLease(sql, 'f', 60_000);
  const state = addToTimeline({ ...emptyMonitorState, savedMs: 5 }, [
    { atMs: 1, incident: 'i', kind: 'opened', text: 'x' },
  ]);
  assert.equal(await writeState(sql, 'frozen', state), false);
  assert.equal(await readState(sql), undefined);
  assert.equal(await writeState(sql, 'f', state), true);
  assert.deepEqual(await readState(sql), state);
});

test('the secret is made once', async () => {
  const secrets = await Promise.all(['one', 'two', 'three'].map((made) => fixSecret(sql, made)));
  assert.equal(new Set(secrets).size, 1);
});

test('tables that are newer than the code are refused', async () => {
  await sql`INSERT INTO schema_version (number, name) VALUES (9999, 'future')`;
  await assert.rejects(migrateMonitorDatabase(sql), /version 9999/);
  await sql`DELETE FROM schema_version WHERE number = 9999`;
});

test('the copy on disk is whole or not there, and one that is damaged counts as none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-monitor-'));
  const path = join(folder, 'monitor', 'state.json');
  assert.equal(await readStateFile(path), undefined);
  await writeStateFile(path, { ...emptyMonitorState, savedMs: 7 });
  assert.equal((await readStateFile(path))?.savedMs, 7);
  await writeFile(path, '{"savedMs": 8, "decision": ');
  assert.equal(await readStateFile(path), undefined);
  await rm(folder, { recursive: true });
});

test('the timeline keeps the newest entries and no more than it may', () => {
  const entries = Array.from(
    { length: 2_000 },
    (_, atMs) => ({ atMs, incident: 'i', kind: 'grew', text: 'x' }) as const,
  );
  const { timeline } = addToTimeline(emptyMonitorState, entries);
  assert.deepEqual([timeline.length, timeline.at(-1)?.atMs], [500, 1_999]);
});
