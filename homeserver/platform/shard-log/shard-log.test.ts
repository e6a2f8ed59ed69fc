import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Command } from './command.ts';
import { findNote, type NoteResult, writeNote } from './testing/note-command.ts';
import { fastClock, startTestLog, type TestLog, type TestProcess } from './testing/start-test-log.ts';

const shardCount = 3;
let testLog: TestLog;
let first: TestProcess;
let second: TestProcess;
before(async () => {
  testLog = await startTestLog({ 'shards.count': shardCount });
  first = await testLog.startProcess();
  second = await testLog.startProcess();
});
after(() => testLog.stop());

let noteCount = 0;
function newId(): string {
  return `note-${noteCount++}`;
}

function write(process: TestProcess, shard = 0, id = newId(), text = 'text'): Promise<NoteResult> {
  return process.log.submit(writeNote, shard, { id, text });
}

/** Shards by their owner's process. */
function shardOwnedBy(process: TestProcess): number {
  const shard = process.log.ownedShards()[0];
  assert.notEqual(shard, undefined);
  return shard as number;
}

test('what is acknowledged can be read by anybody at once', async () => {
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const id = newId();
      const { position } = await write(index % 2 ? first : second, index % shardCount, id);
      const rows = await testLog.sql<{ position: number }[]>`SELECT position FROM note WHERE id = ${id}`;
      assert.deepEqual([...rows], [{ position }]);
    }),
  );
});

test('every snapshot of the database holds positions without a gap, while processes write to all shards', async () => {
  let writing = true;
  const watch = async () => {
    while (writing) {
      const rows = await testLog.sql<{ id: number; position: number; entries: number; newest: number }[]>`
        SELECT s.id, s.position, count(e.position)::int AS entries, coalesce(max(e.position), 0) AS newest
        FROM shard s LEFT JOIN log_entry e ON e.shard = s.id GROUP BY s.id, s.position`;
      for (const { position, entries, newest } of rows) assert.deepEqual([entries, newest], [position, position]);
    }
  };
  const watching = watch();
  const writers = [first, second].flatMap((process) =>
    Array.from({ length: shardCount * 4 }, async (_, index) => {
      let last = 0;
      for (let turn = 0; turn < 15; turn++) {
        const { position } = await write(process, index % shardCount);
        assert.ok(position > last, 'what is asked later comes later');
        last = position;
      }
    }),
  );
  await Promise.all(writers);
  writing = false;
  await watching;
});

test('readers on every process get every entry once, in order and without a gap', async () => {
  const seen = [first, second].map((process) => {
    const from = process.log.tail.positions();
    const positions = from.map((position) => [position]);
    process.log.tail.subscribe((shard, entries) => positions[shard]?.push(...entries.map((entry) => entry.position)));
    return positions;
  });
  const newest = new Array<number>(shardCount).fill(0);
  await Promise.all(
    Array.from({ length: 90 }, async (_, index) => {
      const shard = index % shardCount;
      const { position } = await write(second, shard);
      newest[shard] = Math.max(newest[shard] ?? 0, position);
    }),
  );
  for (const process of [first, second]) {
    await Promise.all(newest.map((position, shard) => untilPosition(process, shard, position)));
  }
  for (const positions of seen.flat()) {
    assert.deepEqual(
      positions,
      positions.map((_, index) => (positions[0] as number) + index),
    );
  }
});

/** Resolves when the process has seen the shard's log up to `position`. */
function untilPosition(process: TestProcess, shard: number, position: number): Promise<void> {
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

test('a command runs on the owner of its shard, whoever it is given to', async () => {
  const shard = shardOwnedBy(first);
  const [own, forwarded] = await Promise.all([write(first, shard), write(second, shard)]);
  assert.equal(own.epoch, forwarded.epoch);
});

test('what a forwarded command throws reaches its caller as it was thrown', async () => {
  const shard = shardOwnedBy(first);
  for (const process of [first, second]) {
    await assert.rejects(write(process, shard, 'never', 'forbidden'), {
      errcode: 'M_FORBIDDEN',
      message: 'no such notes',
      status: 403,
      fields: { note: 'never' },
    });
  }
});

test('the same note asked for by many processes at once is written once', async () => {
  const id = newId();
  const results = await Promise.all(Array.from({ length: 20 }, (_, turn) => write(turn % 2 ? first : second, 1, id)));
  assert.equal(new Set(results.map(({ position }) => position)).size, 1);
});

for (const [what, text] of [
  ['a row that the database refuses', 'refused'],
  ['a value that cannot be written as SQL', 'nul \0 character'],
] as const) {
  test(`${what} fails its own command and no other`, async () => {
    const good = Array.from({ length: 25 }, () => newId());
    const outcomes = await Promise.allSettled([
      ...good.slice(0, 12).map((id) => write(first, 0, id)),
      write(first, 0, newId(), text),
      ...good.slice(12).map((id) => write(first, 0, id)),
    ]);
    const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? index : []));
    assert.deepEqual(failed, [12]);
    const rows = await testLog.sql`SELECT 1 FROM note WHERE id = ANY(${good})`;
    assert.equal(rows.length, good.length);
    await write(first, 0);
  });
}

test('a decision that writes nothing is not told before what it rests on is committed', async () => {
  const shard = 0;
  await write(first, shard);
  const id = newId();
  const told: string[] = [];
  await testLog.sql.begin(async (transaction) => {
    await transaction`SELECT 1 FROM shard WHERE id = ${shard} FOR UPDATE`;
    void write(first, shard, id).then(() => told.push('written'));
    await untilBlocked(1);
    void first.log.submit(findNote, shard, { id }).then(({ found }) => told.push(found ? 'found' : 'not found'));
    await write(first, (shard + 1) % shardCount);
    assert.deepEqual(told, []);
  });
  await first.log.submit(findNote, shard, { id });
  assert.deepEqual(told, ['written', 'found']);
});

/** Resolves when so many commits wait for a lock. */
async function untilBlocked(count: number): Promise<void> {
  for (;;) {
    const rows = await testLog.sql`SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'holdfast shard%' AND wait_event_type = 'Lock'`;
    if (rows.length >= count) return;
  }
}

test('a command that fails after it appended fails alone', async () => {
  const broken: Command<{ id: string }, NoteResult> = {
    ...writeNote,
    name: 'broken',
    async decide(shard, input) {
      await writeNote.decide(shard, { ...input, text: 'refused' });
      throw new Error('a bug after the append');
    },
  };
  const process = await testLog.startProcess({ commands: [broken] });
  await Promise.all(
    Array.from({ length: shardCount }, async (_, shard) => {
      if (!process.log.ownedShards().includes(shard)) return;
      await assert.rejects(process.log.submit(broken, shard, { id: newId() }), /a bug after the append/);
      await write(process, shard);
    }),
  );
  await process.stop();
});

test('a decision that does not end is given up with 503, and does not stop what comes after it', async () => {
  let decisions = 0;
  const stuck: Command<{ id: string }, NoteResult> = {
    ...writeNote,
    name: 'stuck',
    key: () => 'stuck',
    decide(shard, input) {
      decisions++;
      return input.id === 'for ever' ? new Promise(() => {}) : writeNote.decide(shard, { ...input, text: '' });
    },
  };
  const log = await startTestLog();
  const process = await log.startProcess({ commands: [stuck], clock: fastClock(20) });
  const unavailable = { errcode: 'M_UNKNOWN', status: 503 };
  await assert.rejects(process.log.submit(stuck, 0, { id: 'for ever' }), unavailable);
  await assert.rejects(process.log.submit(stuck, 0, { id: 'behind it' }), unavailable);
  assert.equal(decisions, 1);
  await process.log.submit(writeNote, 0, { id: newId(), text: 'another key' });
  await log.stop();
});

test('more commands than the bound are refused at once', async () => {
  const waiting: Command<{ id: string }, NoteResult> = { ...writeNote, name: 'waiting', decide: () => gate };
  let open: (decision: { result: NoteResult }) => void = () => {};
  const gate = new Promise<{ result: NoteResult }>((resolve) => {
    open = resolve;
  });
  const log = await startTestLog();
  const process = await log.startProcess({ commands: [waiting] });
  const submitted = Array.from({ length: 10_050 }, (_, index) =>
    process.log.submit(waiting, 0, { id: String(index) }).then(
      () => 'answered',
      (error: unknown) => (error instanceof MatrixError ? error.status : error),
    ),
  );
  const metrics = (await process.context.metrics.expose()).body;
  assert.match(metrics, /^holdfast_commands_waiting 10000$/m);
  open({ result: { position: 0, epoch: 0 } });
  const outcomes = await Promise.all(submitted);
  assert.equal(outcomes.filter((outcome) => outcome === 'answered').length, 10_000);
  assert.equal(outcomes.filter((outcome) => outcome === 503).length, 50);
  await log.stop();
});
