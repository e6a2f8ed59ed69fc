import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type CreatedTestDatabase, createTestDatabase } from '../../testing/create-test-database.ts';
import { openDatabase, type Sql } from '../database/open-database.ts';
import { type ArrayElementType, arrayLiteral } from './sql-literal.ts';

let database: CreatedTestDatabase;
let sql: Sql;
before(async () => {
  database = await createTestDatabase({ migrated: false });
  sql = openDatabase({ url: database.url, poolSize: 1, applicationName: 'test', statementTimeoutMs: 10_000 });
});
after(async () => {
  await sql.end();
  await database.drop();
});

/** The values as PostgreSQL understood them, with something after the literal that an escape would swallow. */
async function roundTrip(type: ArrayElementType, values: readonly unknown[]): Promise<unknown[]> {
  const rows = await sql.unsafe<{ value: unknown; end: string }[]>(
    `SELECT value, 'end' AS end FROM unnest(${arrayLiteral(type, values)}) WITH ORDINALITY AS t(value, place) ORDER BY place`,
  );
  assert.ok(rows.every(({ end }) => end === 'end'));
  return rows.map(({ value }) => value);
}

// Without NUL, which PostgreSQL's text cannot hold, and without lone surrogates, which UTF-8 cannot.
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => !each.includes('\0'));
const hostile = fc
  .array(fc.constantFrom("'", '"', '\\', ',', '{', '}', 'NULL', '$$', '--', ';', '\n', '\r', ' ', 'E', 'x', 'ü', '🎉'))
  .map((parts) => parts.join(''));
const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });

const cases: [ArrayElementType, fc.Arbitrary<unknown>][] = [
  ['text', fc.option(fc.oneof(text, hostile))],
  ['bytea', fc.option(fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)))],
  ['bigint', fc.option(fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }))],
  ['integer', fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))],
  ['smallint', fc.option(fc.integer({ min: -32_768, max: 32_767 }))],
  ['boolean', fc.option(fc.boolean())],
  ['double precision', fc.option(anyDouble.map((value) => (Object.is(value, -0) ? 0 : value)))],
];

for (const [type, value] of cases) {
  test(`any ${type} comes back as it was written`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 20 }), async (values) => {
        assert.deepEqual(await roundTrip(type, values), values);
      }),
      { numRuns: 60 },
    );
  });
}

test('text for a bytea arrives as its UTF-8, whatever it looks like', async () => {
  const texts = fc.array(fc.oneof(text, hostile, fc.constantFrom('\\x6162', '\\000', '\\\\')), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      assert.deepEqual(
        await roundTrip('bytea', values),
        values.map((value) => Buffer.from(value)),
      );
    }),
    { numRuns: 60 },
  );
});

test('bytes of a part of a larger buffer are only that part', async () => {
  const whole = Uint8Array.from([1, 2, 3, 4, 5]);
  assert.deepEqual(await roundTrip('bytea', [whole.subarray(1, 3)]), [Buffer.from([2, 3])]);
});

test('big integers are written in full', async () => {
  assert.deepEqual(await roundTrip('bigint', [9_007_199_254_740_991n]), [9_007_199_254_740_991]);
});

for (const [type, value] of [
  ['text', 'a\0b'],
  ['bytea', 'a\0b'],
  ['bytea', 1],
  ['bigint', 2 ** 53],
  ['integer', 1.5],
  ['integer', '1'],
  ['double precision', Number.NaN],
  ['double precision', Number.POSITIVE_INFINITY],
] as const) {
  test(`${JSON.stringify(value)} as ${type} is refused before anything is sent`, () => {
    assert.throws(
      () => arrayLiteral(type, [value]),
      (error) => error instanceof RangeError || error instanceof TypeError,
    );
  });
}
