import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '@holdfast/effects/log.ts';
import { startTestHomeserver, type TestHomeserver } from '@holdfast/homeserver/testing/start-test-homeserver.ts';
import { type MonitorSql, openMonitorDatabase } from '../storage/open-monitor-database.ts';
import { type RecoverParts, recover } from './recover.ts';

const mib = 1024 ** 2;
let homeserver: TestHomeserver;
let sql: MonitorSql;
let parts: RecoverParts;
let ids: string[];
before(async () => {
  homeserver = await startTestHomeserver();
  const second = await homeserver.startProcess();
  ids = [homeserver.context, second.context].map(({ shardLog }) => shardLog.processId);
  sql = openMonitorDatabase(homeserver.databaseUrl);
  parts = { sql, reserve: undefined, dropSlotsOverBytes: 1, log: silentLog };
});
after(async () => {
  await sql.end({ timeout: 1 });
  await homeserver.stop();
});

const readOwners = async () =>
  new Set((await sql<{ owner: string }[]>`SELECT owner FROM public.shard`).map(({ owner }) => owner));

/** Resolves when it is so; the database is asked again and again. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

test('the shards of a sick process go to the other one, the last one keeps them, and it gets them back', async () => {
  const [one = '', two = ''] = ids;
  await until(async () => (await readOwners()).has(one));
  const name = 'hs1';
  assert.match((await recover({ kind: 'rest-process', id: one, name }, parts)) ?? '', /go to the others/);
  await until(async () => !(await readOwners()).has(one));
  assert.equal(await recover({ kind: 'rest-process', id: one, name }, parts), undefined);
  assert.equal(await recover({ kind: 'rest-process', id: two, name: 'hs2' }, parts), undefined);
  assert.match((await recover({ kind: 'wake-process', id: one, name }, parts)) ?? '', /takes shards again/);
  assert.equal(await recover({ kind: 'wake-process', id: one, name }, parts), undefined);
});

test('a slot that nobody follows is dropped when it holds its bound, and not below it', async () => {
  const slot = `monitor_${process.pid}`;
  await sql`SELECT pg_create_physical_replication_slot(${slot}, true)`;
  const drop = (dropSlotsOverBytes: number) =>
    recover({ kind: 'drop-slot', slot, heldBytes: 5 * mib }, { ...parts, dropSlotsOverBytes });
  assert.equal(await drop(1_000 * mib), undefined);
  const isThere = async () => (await sql`SELECT 1 FROM pg_replication_slots WHERE slot_name = ${slot}`).length > 0;
  assert.equal(await isThere(), true);
  assert.match((await drop(0)) ?? '', /is dropped/);
  assert.equal(await isThere(), false);
});
