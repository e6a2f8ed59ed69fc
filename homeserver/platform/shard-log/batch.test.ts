import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type CreatedTestDatabase, createTestDatabase } from '../../testing/create-test-database.ts';
import { openDatabase, type Sql } from '../database/open-database.ts';
import { type BatchStatement, type Write, WriteGroups } from './batch.ts';

let database: CreatedTestDatabase;
let sql: Sql;
before(async () => {
  database = await createTestDatabase({ migrated: false });
  sql = openDatabase({ url: database.url, poolSize: 1, applicationName: 'test', statementTimeoutMs: 10_000 });
  for (const table of ['first', 'second']) await sql.unsafe(`CREATE TABLE ${table} (key int PRIMARY KEY, value text)`);
});
after(async () => {
  await sql.end();
  await database.drop();
});

const columns = { key: 'integer', value: 'text' } as const;

function upsert(table: string): BatchStatement {
  return {
    name: `upsert-${table}`,
    table,
    columns,
    text: (rows) => `INSERT INTO ${table} (key, value) SELECT * FROM ${rows}
      ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    rowKey: ([key]) => String(key),
  };
}

function append(table: string): BatchStatement {
  return {
    name: `append-${table}`,
    table,
    columns,
    text: (rows) => `UPDATE ${table} SET value = ${table}.value || row.value FROM ${rows} WHERE ${table}.key = row.key`,
  };
}

function remove(table: string): BatchStatement {
  return {
    name: `remove-${table}`,
    table,
    columns,
    text: (rows) => `DELETE FROM ${table} USING ${rows} WHERE ${table}.key = row.key`,
    rowKey: ([key]) => String(key),
  };
}

const statements = ['first', 'second'].flatMap((table) => [upsert(table), remove(table)]);
const appending = append('first');

async function runAndRead(groups: Iterable<string>): Promise<unknown> {
  await sql.unsafe(`TRUNCATE first, second; INSERT INTO first VALUES (0, 'old'), (1, 'old'); ${[...groups].join(';')}`);
  return await sql`SELECT 'first' AS table, * FROM first UNION ALL SELECT 'second', * FROM second ORDER BY 1, 2`;
}

/** Each write as a statement of its own, in the order given: what the grouped ones must amount to. */
function oneByOne(writes: readonly Write[]): string[] {
  return writes.flatMap((write) => {
    const alone = new WriteGroups();
    alone.add(write);
    return [...alone.statements()];
  });
}

test('grouped writes amount to the same as the writes one after another', async () => {
  const write = fc
    .tuple(fc.constantFrom(...statements), fc.nat({ max: 4 }), fc.string({ maxLength: 3, unit: 'grapheme-ascii' }))
    .map(([statement, key, value]): Write => ({ statement, row: [key, value] }));
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 25 }), async (writes) => {
      const groups = new WriteGroups();
      for (const each of writes) groups.add(each);
      const grouped = [...groups.statements()];
      assert.deepEqual(await runAndRead(grouped), await runAndRead(oneByOne(writes)));
    }),
    { numRuns: 120 },
  );
});

test('writes of one statement join over writes of other tables, and not over those of their own', () => {
  const [upsertFirst, removeFirst, upsertSecond] = statements as [BatchStatement, BatchStatement, BatchStatement];
  const groups = new WriteGroups();
  for (const [statement, key] of [
    [upsertFirst, 1],
    [upsertSecond, 1],
    [upsertFirst, 2],
    [removeFirst, 1],
    [upsertFirst, 3],
  ] as const) {
    groups.add({ statement, row: [key, 'x'] });
  }
  const texts = [...groups.statements()];
  assert.deepEqual(
    texts.map((text) => /(\w+ INTO|DELETE FROM) \w+/.exec(text)?.[0]),
    ['INSERT INTO first', 'INSERT INTO second', 'DELETE FROM first', 'INSERT INTO first'],
  );
  assert.match(texts[0] ?? '', /'\{1,2\}'::integer\[\]/);
});

test('a statement is moved in front of others of its table only if it says that they commute', () => {
  const base = upsert('first');
  const commuting: BatchStatement = { ...remove('first'), name: 'commuting', commutesWith: [base] };
  const order = (later: BatchStatement) => {
    const groups = new WriteGroups();
    for (const statement of [later, base, later]) groups.add({ statement, row: [statement === base ? 9 : 1, 'x'] });
    return [...groups.statements()].length;
  };
  assert.equal(order(commuting), 2);
  assert.equal(order(remove('first')), 3);
});

test('rows of statements without a key are all kept', async () => {
  const groups = new WriteGroups();
  groups.add({ statement: appending, row: [0, '+a'] });
  groups.add({ statement: appending, row: [1, '+b'] });
  const rows = (await runAndRead(groups.statements())) as { value: string }[];
  assert.deepEqual(
    rows.map(({ value }) => value),
    ['old+a', 'old+b'],
  );
});
