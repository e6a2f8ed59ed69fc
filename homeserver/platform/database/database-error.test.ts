import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type CreatedTestDatabase, createTestDatabase } from '../../testing/create-test-database.ts';
import { classifyDatabaseError, type DatabaseFailure, isDatabaseOutage } from './database-error.ts';
import { openDatabase, type Sql } from './open-database.ts';

let database: CreatedTestDatabase;
let sql: Sql;
before(async () => {
  database = await createTestDatabase();
  sql = open(database.url);
  await sql`INSERT INTO shard (id, epoch) VALUES (0, 7)`;
});
after(async () => {
  await sql.end({ timeout: 1 });
  await database.drop();
});

function open(url: string): Sql {
  return openDatabase({ url, poolSize: 2, applicationName: 'holdfast test', statementTimeoutMs: 300 });
}

async function catchError(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const cases: { what: string; provoke: () => Promise<unknown>; failure: DatabaseFailure; outage: boolean }[] = [
  {
    what: 'an epoch that is over',
    provoke: () => sql`SELECT advance_shard(0::smallint, 6, 0, 1)`,
    failure: 'fenced',
    outage: false,
  },
  {
    what: 'a position that is not where the writer believes',
    provoke: () => sql`SELECT advance_shard(0::smallint, 7, 3, 4)`,
    failure: 'fenced',
    outage: false,
  },
  {
    what: 'a violated constraint',
    provoke: () => sql`INSERT INTO shard (id) VALUES (0)`,
    failure: 'refused',
    outage: false,
  },
  { what: 'a statement with a mistake', provoke: () => sql`SELECT nothing`, failure: 'refused', outage: false },
  {
    what: 'a statement that takes too long',
    provoke: () => sql`SELECT pg_sleep(5)`,
    failure: 'unavailable',
    outage: true,
  },
  {
    what: 'a read-only server',
    provoke: () => sql.begin('read only', (transaction) => transaction`DELETE FROM process`),
    failure: 'unavailable',
    outage: true,
  },
  {
    what: 'a session that the server ends',
    provoke: () => sql`SELECT pg_terminate_backend(pg_backend_pid())`,
    failure: 'unknown',
    outage: true,
  },
  {
    what: 'a server that is not there',
    provoke: () => open('postgres://nobody:nothing@127.0.0.1:1/none')`SELECT 1`,
    failure: 'unknown',
    outage: true,
  },
  {
    what: 'a socket that is not there',
    provoke: () => open('postgres://nobody:nothing@%2Fno%2Fsuch%2Ffolder/none')`SELECT 1`,
    failure: 'unknown',
    outage: true,
  },
];

for (const { what, provoke, failure, outage } of cases) {
  test(`${what} is ${failure}${outage ? ', an outage' : ''}`, async () => {
    const error = await catchError(provoke());
    assert.deepEqual([classifyDatabaseError(error), isDatabaseOutage(error)], [failure, outage], String(error));
  });
}

test('a value that cannot be written as SQL is refused, and is no outage', () => {
  for (const error of [new RangeError('out of range'), new TypeError('no bytes')]) {
    assert.deepEqual([classifyDatabaseError(error), isDatabaseOutage(error)], ['refused', false]);
  }
});

test('a file that is not there is no outage of the database', () => {
  const error = Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' });
  assert.equal(isDatabaseOutage(error), false);
});
