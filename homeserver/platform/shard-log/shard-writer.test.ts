import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Interference } from './testing/database-proxy.ts';
import { findNote, writeNote } from './testing/note-command.ts';
import { fastClock, startTestLog, type TestLog, type TestProcess } from './testing/start-test-log.ts';

let testLog: TestLog;
let process: TestProcess;
before(async () => {
  testLog = await startTestLog();
  process = await testLog.startProcess();
});
after(() => testLog.stop());

function write(id: string, text = 'text') {
  return process.log.submit(writeNote, 0, { id, text });
}

async function readNotes(prefix: string) {
  return await testLog.sql<{ id: string; position: number; epoch: number }[]>`
    SELECT id, position, epoch FROM note WHERE id LIKE ${`${prefix}%`} ORDER BY position`;
}

async function readShard(): Promise<{ epoch: number; position: number }> {
  const rows = await testLog.sql<{ epoch: number; position: number }[]>`SELECT epoch, position FROM shard`;
  return rows[0] as { epoch: number; position: number };
}

/** Interferes once, with the next transaction of the shard. */
function interfereWithNextCommit(interference: Interference, onCommit = () => {}): void {
  process.proxy.interfere = (sent) => {
    if (!sent.includes('advance_shard')) return 'pass';
    process.proxy.interfere = () => 'pass';
    onCommit();
    return interference;
  };
}

for (const [interference, what] of [
  ['cut-before', 'was not sent when its connection broke'],
  ['cut-after-reply', 'was durable when its connection broke'],
  ['cut-at-once', 'was under way when its connection broke'],
] as const) {
  test(`a commit that ${what} is acknowledged once, and so is what waited behind it`, async () => {
    await write(`${interference}-before`);
    const behind: Promise<unknown>[] = [];
    interfereWithNextCommit(interference, () => {
      for (let index = 0; index < 10; index++) behind.push(write(`${interference}-behind-${index}`));
    });
    const told = await Promise.all(Array.from({ length: 10 }, (_, index) => write(`${interference}-${index}`)));
    await Promise.all(behind);
    const notes = await readNotes(interference);
    assert.equal(behind.length, 10);
    assert.equal(notes.length, 21);
    for (const [index, { position }] of told.entries()) {
      assert.equal(notes.find(({ id }) => id === `${interference}-${index}`)?.position, position);
    }
    const { position } = await readShard();
    assert.equal(process.log.tail.position(0), position);
  });
}

test('a session that the server ends during a commit leaves every acknowledged note and no second one', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => `ended-${String(index).padStart(2, '0')}`);
  const writing = Promise.all(ids.map((id, index) => delayByTurns(index).then(() => write(id))));
  for (let kill = 0; kill < 5; kill++) {
    await testLog.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'holdfast shard%'`;
  }
  await writing;
  assert.deepEqual((await readNotes('ended-')).map(({ id }) => id).sort(), ids);
});

/** Spreads work over some turns of the event loop, so that it is not one batch. */
async function delayByTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a writer whose epoch was raised writes nothing, even where nobody else has written', async () => {
  await write('raised-1');
  // As a take-over does; nobody tells this process.
  await testLog.sql`UPDATE shard SET epoch = epoch + 1`;
  const raised = await readShard();
  const { epoch, position } = await write('raised-2');
  assert.ok(epoch > raised.epoch, 'the shard was opened again under an epoch of its own');
  assert.equal(position, raised.position + 1);
});

test('a writer whose epoch was raised writes nothing and forgets what it held', async () => {
  await write('fence-1');
  const before = await readShard();
  // As a take-over does; nobody tells this process.
  await testLog.sql`UPDATE shard SET epoch = epoch + 1`;
  // What another owner would have written meanwhile, and this one has not in memory.
  await testLog.sql`INSERT INTO note VALUES ('fence-2', 'from elsewhere', 0, ${before.position + 1}, ${before.epoch + 1})`;
  await testLog.sql`INSERT INTO log_entry VALUES (0, ${before.position + 1}, 4, '{}')`;
  await testLog.sql`UPDATE shard SET position = position + 1`;
  const [known, fresh] = await Promise.all([write('fence-2'), write('fence-3')]);
  assert.equal(known.position, before.position + 1);
  assert.deepEqual(
    (await readNotes('fence-')).map(({ id, position }) => [id, position]),
    [
      ['fence-1', before.position],
      ['fence-2', before.position + 1],
      ['fence-3', before.position + 2],
    ],
  );
  assert.ok(fresh.epoch > before.epoch + 1, 'the shard was opened again under an epoch of its own');
});

test('nothing is ever written under another epoch than the one that is current', async () => {
  const rows = await testLog.sql<{ position: number }[]>`
    SELECT position FROM (SELECT position, epoch, max(epoch) OVER (ORDER BY position) AS highest FROM note) AS ordered
    WHERE epoch < highest`;
  assert.deepEqual([...rows], []);
});

test('while the database is away commands are answered with 503, and afterwards everything works by itself', async () => {
  const log = await startTestLog();
  const ours = await log.startProcess({ clock: fastClock(20) });
  const other = await log.startProcess({ clock: fastClock(20) });
  const submit = (of: TestProcess, id: string) => of.log.submit(writeNote, 0, { id, text: 'text' });
  await submit(ours, 'before');
  for (const outage of ['cut', 'freeze'] as const) {
    for (const { proxy } of [ours, other]) proxy[outage]();
    const results = await Promise.allSettled([submit(ours, `${outage} 1`), submit(other, `${outage} 2`)]);
    for (const result of results) {
      assert.equal(result.status, 'rejected');
      assert.equal((result.reason as { status: number }).status, 503);
    }
    for (const { proxy } of [ours, other]) proxy.restore();
    for (const id of [`${outage} 1`, `${outage} 2`, `${outage} after`]) await untilWritten(() => submit(ours, id));
    const notes = await log.sql`SELECT 1 FROM note WHERE id LIKE ${`${outage}%`}`;
    assert.equal(notes.length, 3);
  }
  await log.stop();
});

test('connections that have gone silent for ever are replaced, those of readers too', async () => {
  const log = await startTestLog({ 'database.statement_timeout_ms': 1000, 'process.lease_ms': 500 });
  const ours = await log.startProcess();
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => ours.log.submit(writeNote, 0, { id: `${index}`, text: '' })),
  );
  await Promise.all(Array.from({ length: 10 }, () => ours.context.database`SELECT 1`));
  ours.proxy.lose();
  const reads = await Promise.allSettled(Array.from({ length: 10 }, () => ours.context.database`SELECT 1`));
  assert.ok(reads.some(({ status }) => status === 'rejected'));
  await ours.context.database`SELECT 1`;
  await untilWritten(() => ours.log.submit(writeNote, 0, { id: 'after', text: '' }));
  await log.sql`UPDATE shard SET position = position + 1, epoch = epoch`;
  await log.sql`INSERT INTO log_entry SELECT id, position, 4, '{}' FROM shard`;
  const { position } = (await log.sql<{ position: number }[]>`SELECT position FROM shard`)[0] as { position: number };
  await new Promise<void>((resolve) => {
    const stop = ours.log.tail.subscribe(() => {
      if (ours.log.tail.position(0) < position) return;
      stop();
      resolve();
    });
  });
  await log.stop();
});

/** As clients do: the same request again after 503. */
async function untilWritten<T>(submit: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await submit();
    } catch (error) {
      if ((error as { status?: number }).status !== 503) throw error;
    }
  }
}

test('what is in memory never says more than the database after a commit that failed', async () => {
  await write('memory-1');
  await assert.rejects(write('memory-2', 'refused'), { code: '23514' });
  assert.deepEqual(await process.log.submit(findNote, 0, { id: 'memory-2' }), { found: false });
  assert.deepEqual(await process.log.submit(findNote, 0, { id: 'memory-1' }), { found: true });
});

test('while changes of many bytes wait for their transaction, further ones are refused at once', async () => {
  const text = 'x'.repeat(1_000_000);
  let waiting: Promise<unknown>[] = [];
  await testLog.sql.begin(async (transaction) => {
    // Until this ends nothing is committed.
    await transaction`LOCK TABLE note IN EXCLUSIVE MODE`;
    waiting = Array.from({ length: 68 }, (_, index) => write(`bytes-${index}`, text));
    while ((await pendingBytes()) < 64 * 1024 * 1024);
    await assert.rejects(write('one-more'), { errcode: 'M_UNKNOWN', status: 503 });
  });
  await Promise.all(waiting);
  await write('one-more');
  assert.equal((await readNotes('bytes-')).length, 68);
});

async function pendingBytes(): Promise<number> {
  const { body } = await process.context.metrics.expose();
  return Number(/^holdfast_change_bytes_pending (\d+)$/m.exec(body)?.[1]);
}

test('changes that are large together are committed apart, in their order', async () => {
  let transactions = 0;
  process.proxy.interfere = (sent) => {
    if (sent.includes('advance_shard')) transactions++;
    return 'pass';
  };
  const text = 'x'.repeat(1_000_000);
  const told = await Promise.all(Array.from({ length: 10 }, (_, index) => write(`large-${index}`, text)));
  process.proxy.interfere = () => 'pass';
  assert.ok(transactions >= 3, `${transactions} transactions`);
  assert.deepEqual(
    (await readNotes('large-')).map(({ position }) => position),
    told.map(({ position }) => position),
  );
});
