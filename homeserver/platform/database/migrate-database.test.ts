import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { type CreatedTestDatabase, createTestDatabase } from '../../testing/create-test-database.ts';
import { applyMigrations, type Migration, migrateDatabase, readMigrations } from './migrate-database.ts';
import { openDatabase, type Sql } from './open-database.ts';

let database: CreatedTestDatabase;
let opened: Sql[] = [];
beforeEach(async () => {
  database = await createTestDatabase({ migrated: false });
});
afterEach(async () => {
  await Promise.all(opened.map((sql) => sql.end()));
  opened = [];
  await database.drop();
});

function open(): Sql {
  const sql = openDatabase({
    url: database.url,
    poolSize: 1,
    applicationName: 'holdfast migrate',
    statementTimeoutMs: 60_000,
  });
  opened.push(sql);
  return sql;
}

const first: Migration = { number: 1, name: '0001-first.sql', text: 'CREATE TABLE one (a int)' };
const second: Migration = { number: 2, name: '0002-second.sql', text: 'ALTER TABLE one ADD b int' };
const broken: Migration = { number: 3, name: '0003-broken.sql', text: 'CREATE TABLE two (); SELECT 1 / 0' };

async function readVersions(): Promise<string[]> {
  const rows = await open()<{ name: string }[]>`SELECT name FROM schema_version ORDER BY number`;
  return rows.map(({ name }) => name);
}

test('processes that start at once migrate once', async () => {
  await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(database.url)));
  const migrations = await readMigrations();
  assert.deepEqual(
    await readVersions(),
    migrations.map(({ name }) => name),
  );
});

test('one that comes while another migrates waits, and then has nothing to do', async () => {
  const [fast, slow] = [open(), open()];
  const slowly = { ...second, text: `${second.text}; SELECT pg_sleep(0.3)` };
  await applyMigrations(fast, [first]);
  await Promise.all([applyMigrations(slow, [first, slowly]), applyMigrations(fast, [first, slowly])]);
  assert.deepEqual(await readVersions(), [first.name, second.name]);
});

test('only what is missing is applied', async () => {
  await applyMigrations(open(), [first]);
  await applyMigrations(open(), [{ ...first, text: 'this would fail' }, second]);
  assert.deepEqual(await readVersions(), [first.name, second.name]);
});

test('a migration that fails leaves nothing of itself, keeps those before it, and can be tried again', async () => {
  await assert.rejects(applyMigrations(open(), [first, second, broken]), /division by zero/);
  assert.deepEqual(await readVersions(), [first.name, second.name]);
  const repaired = { ...broken, text: 'CREATE TABLE two ()' };
  await applyMigrations(open(), [first, second, repaired]);
  assert.deepEqual(await readVersions(), [first.name, second.name, broken.name]);
});

test('a database that is newer than the code is refused and left as it is', async () => {
  await applyMigrations(open(), [first, second]);
  await assert.rejects(
    applyMigrations(open(), [first]),
    /the database has schema version 2, this Holdfast knows only 1: start a newer Holdfast/,
  );
  assert.deepEqual(await readVersions(), [first.name, second.name]);
});

test('a refusal does not keep the next one waiting', async () => {
  const sql = open();
  await applyMigrations(sql, [first, second]);
  await assert.rejects(applyMigrations(sql, [first]));
  await applyMigrations(open(), [first, second]);
});

test('a migration that was numbered earlier and came later is applied as well', async () => {
  await applyMigrations(
    open(),
    [second].map((migration) => ({ ...migration, text: 'CREATE TABLE late (a int)' })),
  );
  await applyMigrations(open(), [first, second]);
  assert.deepEqual(await readVersions(), [first.name, second.name]);
});

test('the migrations are in the order of their numbers', async () => {
  const numbers = (await readMigrations()).map(({ number }) => number);
  assert.ok(numbers.length > 0);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
});
