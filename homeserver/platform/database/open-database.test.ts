import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type CreatedTestDatabase, createTestDatabase } from '../../testing/create-test-database.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../shard-log/testing/database-proxy.ts';
import { isDatabaseOutage } from './database-error.ts';
import { openDatabase, type Sql } from './open-database.ts';

let database: CreatedTestDatabase;
let proxy: DatabaseProxy;
let sql: Sql;
before(async () => {
  database = await createTestDatabase({ migrated: false });
  proxy = await startDatabaseProxy(database.url);
  sql = open(proxy.url);
});
after(async () => {
  proxy.restore();
  await sql.end({ timeout: 1 });
  await proxy.close();
  await database.drop();
});

function open(url: string, statementTimeoutMs = 500): Sql {
  return openDatabase({ url, poolSize: 3, applicationName: 'holdfast test', statementTimeoutMs });
}

const trickyTexts = [
  '',
  ' ',
  'NULL',
  'null',
  '"',
  '\\',
  '\\"',
  ',',
  '{}',
  '{"a"}',
  "'",
  'ü€🎉',
  'a\nb\t',
  '\\x00',
  'ends\\',
];

test('arrays of every type come back as they were sent', async () => {
  const bytes = [Buffer.alloc(0), Buffer.from([0, 255, 92, 34]), null];
  const rows = await sql`SELECT ${trickyTexts}::text[] AS texts, ${[1, null, -3]}::int[] AS integers,
    ${[2 ** 53 - 1, -(2 ** 53 - 1)]}::bigint[] AS bigints, '{t,f,NULL}'::boolean[] AS booleans,
    '{"\\\\x","\\\\x00ff5c22",NULL}'::bytea[] AS bytes, ${[0.1, -2e300]}::float8[] AS doubles, ${[7]}::smallint[] AS smallints,
    ${[] as number[]}::int[] AS nothing`;
  assert.deepEqual(rows[0], {
    texts: trickyTexts,
    integers: [1, null, -3],
    bigints: [2 ** 53 - 1, -(2 ** 53 - 1)],
    booleans: [true, false, null],
    bytes,
    doubles: [0.1, -2e300],
    smallints: [7],
    nothing: [],
  });
});

test('a query that is sent again as soon as its connection broke is answered', async () => {
  const again = (): Promise<unknown> => sql`SELECT 1`.then(String, again);
  const asked = Array.from({ length: 12 }, () => sql`SELECT pg_sleep(0.2)`.then(String, again));
  await untilAsleep();
  proxy.lose();
  await Promise.all(asked);
});

async function untilAsleep(): Promise<void> {
  const direct = open(database.url);
  for (;;) {
    const rows = await direct`SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    if (rows.length > 0) break;
  }
  await direct.end();
}

test('a database that is away is an outage, refused or silent, and its return needs nothing', async () => {
  for (const outage of ['cut', 'freeze'] as const) {
    proxy[outage]();
    const failed = await Promise.allSettled(Array.from({ length: 5 }, () => sql`SELECT 1`));
    for (const result of failed) {
      assert.equal(result.status, 'rejected');
      assert.ok(isDatabaseOutage(result.reason), String(result.reason));
    }
    proxy.restore();
    assert.equal((await Promise.all(Array.from({ length: 5 }, () => sql`SELECT 1`))).length, 5);
  }
});

test('connections that break in the middle of queries leave nothing behind', async () => {
  const failures = new Set<string>();
  let asking = true;
  // Many times a turn of the event loop, so that ends and beginnings fall into each other.
  const asked = Array.from({ length: 12 }, async () => {
    while (asking) {
      await sql`SELECT 1`.catch((error: { code?: string; message: string }) =>
        failures.add(error.code ?? error.message),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  for (let turn = 0; turn < 10; turn++) {
    proxy.cut();
    await sql`SELECT 1`.catch(() => {});
    proxy.restore();
    await untilAnswered(() => sql`SELECT 1`);
  }
  asking = false;
  await Promise.all(asked);
  assert.deepEqual(
    [...failures].filter((code) => !/^(ECONNRESET|EPIPE|CONNECTION_CLOSED)$/.test(code)),
    [],
  );
});

test('an idle connection is left alone however long it is silent', async () => {
  const quiet = open(proxy.url, 100);
  const pid = async () => (await quiet<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`)[0]?.pid;
  const before = await pid();
  for (let turn = 0; turn < 6; turn++) await sql`SELECT pg_sleep(0.4)`;
  assert.equal(await pid(), before);
  await quiet.end();
});

test('of several hosts the one that answers is found, and used until it fails', async () => {
  const [first, second] = [await startDatabaseProxy(database.url), await startDatabaseProxy(database.url)];
  const hosts = [first, second].map((each) => new URL(each.url).host);
  const several = open(database.url.replace(new URL(database.url).host, hosts.join(',')));
  const ask = () => Promise.all(Array.from({ length: 6 }, () => several`SELECT 1`));
  await ask();
  first.cut();
  await untilAnswered(ask);
  first.restore();
  second.cut();
  await untilAnswered(ask);
  await several.end({ timeout: 1 });
  await Promise.all([first.close(), second.close()]);
});

test('of several hosts one that takes connections and says nothing is left for the next', async () => {
  const [frozen, well] = [await startDatabaseProxy(database.url), await startDatabaseProxy(database.url)];
  const hosts = [frozen, well].map((each) => new URL(each.url).host);
  const several = open(database.url.replace(new URL(database.url).host, hosts.join(',')));
  const ask = () => Promise.all(Array.from({ length: 6 }, () => several`SELECT 1`));
  await ask();
  // It must be left while it is used, and not be taken again while it is still frozen.
  frozen.freeze();
  await untilAnswered(ask);
  well.lose();
  await untilAnswered(ask);
  frozen.restore();
  await several.end({ timeout: 1 });
  await Promise.all([frozen.close(), well.close()]);
});

async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      assert.ok(isDatabaseOutage(error), String(error));
    }
  }
}
