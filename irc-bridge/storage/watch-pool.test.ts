import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import postgres from 'postgres';
import { watchPool } from './watch-pool.ts';

/** The way to a database, on which whoever is connected can be frozen: it hears nothing more, and is not cut off. */
async function openWay(): Promise<{ readonly url: string; freeze(): void; close(): Promise<void> }> {
  const database = await createTestDatabase({ migrated: false });
  const { hostname, port } = new URL(database.url);
  const sockets: Socket[] = [];
  let frozen = 0;
  const server = createServer((client) => {
    const behind = connect(Number(port), hostname);
    for (const socket of [client, behind]) socket.on('error', () => {});
    sockets.push(client, behind);
    client.pipe(behind).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(database.url);
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    url: url.href,
    freeze() {
      for (const socket of sockets.slice(frozen)) socket.unpipe().pause();
      frozen = sockets.length;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await database.drop();
    },
  };
}

test('a server that says nothing any more is not waited for, and the next statement finds the one that is there', async (t) => {
  const way = await openWay();
  let opened = 0;
  const open = () => {
    opened += 1;
    return postgres(way.url, { max: 2, connect_timeout: 5 });
  };
  const sql = watchPool(open, { clock: systemClock, everyMs: 20, silenceMs: 300 });
  t.after(async () => {
    await sql.end({ timeout: 5 });
    await way.close();
  });
  await sql`SELECT 1`;
  // One that takes its time does not look like that.
  await sql`SELECT pg_sleep(1)`;
  assert.equal(opened, 1);
  way.freeze();
  const waiting = [sql`SELECT 2 AS two`, sql.begin((transaction) => transaction`SELECT 3`), sql`SELECT 4`];
  for (const each of await Promise.allSettled(waiting)) {
    assert.equal(each.status === 'rejected' && (each.reason as { code: string }).code, 'CONNECTION_DESTROYED');
  }
  assert.deepEqual([...(await sql`SELECT 2 AS two`)], [{ two: 2 }]);
  assert.equal(await sql.begin(async (transaction) => (await transaction`SELECT 3`).length), 1);
  assert.equal(opened, 2);
});
