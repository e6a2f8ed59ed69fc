import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { entryKindNumbers } from './log-entry.ts';
import { writeNote } from './testing/note-command.ts';
import { type ProcessOptions, startTestLog, type TestLog, type TestProcess } from './testing/start-test-log.ts';

let testLog: TestLog;
let started: TestProcess[] = [];
before(async () => {
  testLog = await startTestLog();
});
after(() => testLog.stop());
afterEach(async () => {
  await Promise.all(started.map((process) => process.stop()));
  started = [];
  await testLog.sql`TRUNCATE note, log_entry, process`;
  await testLog.sql`DELETE FROM shard`;
});

async function start(options: ProcessOptions = {}): Promise<TestProcess> {
  const process = await testLog.startProcess(options);
  started.push(process);
  return process;
}

function write(process: TestProcess, id: string, shard = 0) {
  return process.log.submit(writeNote, shard, { id, text: '' });
}

function untilPosition(process: TestProcess, position: number, shard = 0): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (process.log.tail.position(shard) < position) return;
      stop();
      resolve();
    };
    const stop = process.log.tail.subscribe(look);
    look();
  });
}

/** Ids of the notes that a process's readers have been told of. */
function collectIds(process: TestProcess): string[] {
  const ids: string[] = [];
  process.log.tail.subscribe((_, entries) => {
    for (const entry of entries) if (entry.kind === 'account-data') ids.push(entry.body.type);
  });
  return ids;
}

test('with every hint lost everything arrives all the same, on every process', async () => {
  const config = { 'process.hints': false };
  const writer = await start({ config });
  const readers = [await start({ config }), await start({ config })];
  const seen = readers.map(collectIds);
  const ids = Array.from({ length: 40 }, (_, index) => `note-${index}`);
  for (const id of ids) await write(writer, id);
  await Promise.all(readers.map((reader) => untilPosition(reader, ids.length)));
  assert.deepEqual(seen, [ids, ids]);
  const listening = await testLog.sql`SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND query ILIKE 'listen%'`;
  assert.equal(listening.length, 0);
});

test('what a reader is asked to catch up with while it reads is read as well', async () => {
  const writer = await start({ config: { 'process.hints': false } });
  const reader = await start({ config: { 'process.hints': false } });
  await write(writer, 'one');
  reader.log.tail.catchUp(0, 1);
  await Promise.all(Array.from({ length: 10 }, (_, index) => write(writer, `more-${index}`)));
  reader.log.tail.catchUp(0, 11);
  await untilPosition(reader, 11);
});

test('shards that are added while a process runs are followed from their beginning', async () => {
  const reader = await start({ config: { 'shards.count': 1 } });
  const writer = await start({ config: { 'shards.count': 3 } });
  await write(writer, 'in a new shard', 2);
  await untilPosition(reader, 1, 2);
  assert.equal(reader.log.tail.positions().length, 3);
  assert.equal(reader.log.tail.entriesAfter(2, 0)?.length, 1);
});

test('a hole in the log is reported and nothing behind it is told', async () => {
  const process = await start();
  const seen = collectIds(process);
  await write(process, 'before');
  await testLog.sql`UPDATE shard SET position = position + 2`;
  await testLog.sql`INSERT INTO log_entry VALUES (0, 3, ${entryKindNumbers['account-data']},
    ${JSON.stringify({ userId: '@a:test', type: 'behind', content: null })})`;
  const report = await process.records.waitFor('the log could not be read');
  assert.match(String(report.fields['err']), /shard 0: no entry at position 2|position 3 follows 1/);
  assert.deepEqual(seen, ['before']);
});

test('a process that is far behind starts again at the present and says that it does not know what was between', async () => {
  const process = await start();
  await write(process, 'before');
  await testLog.sql`INSERT INTO log_entry SELECT 0, position, 9, '{"userId":"@a:test"}' FROM generate_series(2, 30001) AS position`;
  await testLog.sql`UPDATE shard SET position = 30001`;
  await untilPosition(process, 30_001);
  assert.equal(process.log.tail.entriesAfter(0, 1), undefined);
  assert.deepEqual(process.log.tail.entriesAfter(0, 30_001), []);
});

test('an entry of a kind that this version does not know takes its position and stops nothing', async () => {
  const process = await start();
  await testLog.sql`INSERT INTO log_entry VALUES (0, 1, 9999, '{}')`;
  await testLog.sql`UPDATE shard SET position = 1`;
  await untilPosition(process, 1);
});

test('the age of the tail grows while the log cannot be read, and is small again afterwards', async () => {
  const process = await start({ config: { 'database.statement_timeout_ms': 500 } });
  const age = () => process.log.tail.ageMs();
  process.proxy.cut();
  while (age() < 2_000) await new Promise((resolve) => setTimeout(resolve, 10));
  process.proxy.restore();
  while (age() > 1_500) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('a reader that fails does not keep the others from being told', async () => {
  const process = await start();
  process.log.tail.subscribe(() => {
    throw new Error('a bug in a reader');
  });
  const seen = collectIds(process);
  await write(process, 'note');
  assert.deepEqual(seen, ['note']);
  await process.records.waitFor('a reader of the log failed');
});
