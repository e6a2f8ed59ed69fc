import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import type { Command, ShardMemory } from './command.ts';
import { type NoteResult, writeNote } from './testing/note-command.ts';
import { type ProcessOptions, startTestLog, type TestLog, type TestProcess } from './testing/start-test-log.ts';

/** So long that whatever happens in a test does not happen because a lease has ended. */
const endlessLease = { 'process.lease_ms': 60_000 };
const shortLease = { 'process.lease_ms': 500 };

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

function write(process: TestProcess, id: string, shard = 0): Promise<NoteResult> {
  return process.log.submit(writeNote, shard, { id, text: '' });
}

/** Writes one after another until `stop`; each must succeed. */
function writeOnAndOn(process: TestProcess, name: string, shard = 0): { stop(): Promise<number> } {
  let running = true;
  const working = (async () => {
    let count = 0;
    while (running) await write(process, `${name}-${count++}`, shard);
    return count;
  })();
  return {
    stop() {
      running = false;
      return working;
    },
  };
}

async function untilTrue(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

function until(process: TestProcess, shards: number): Promise<void> {
  return untilTrue(() => process.log.ownedShards().length === shards);
}

test('a process that ends hands its shards over at once and without a failed command', async () => {
  // Nobody looks at the leases by himself: what happens is what the one who ends has told.
  const clock: Clock = {
    ...systemClock,
    startTimer: (durationMs, run) => systemClock.startTimer(durationMs === 12_000 ? 2 ** 30 : durationMs, run),
  };
  const first = await start({ config: endlessLease, clock });
  const second = await start({ config: endlessLease, clock });
  const third = await start({ config: endlessLease, clock });
  assert.deepEqual(
    [first, second, third].map(({ log }) => log.ownedShards()),
    [[0], [], []],
  );
  const writers = [second, third].flatMap((process, index) =>
    [0, 1, 2].map((number) => writeOnAndOn(process, `on-${index}-${number}`)),
  );
  await Promise.all(Array.from({ length: 20 }, (_, index) => write(first, `last-${index}`)));
  await first.stop();
  await untilTrue(() => [second, third].some(({ log }) => log.ownedShards().length === 1));
  await Promise.all([second, third].map((process, index) => write(process, `after-${index}`)));
  const counts = await Promise.all(writers.map((writer) => writer.stop()));
  const rows = await testLog.sql<{ count: number }[]>`SELECT count(*)::int AS count FROM note WHERE id LIKE 'on-%'`;
  assert.equal(
    rows[0]?.count,
    counts.reduce((sum, count) => sum + count, 0),
  );
  assert.equal((await testLog.sql`SELECT 1 FROM process`).length, 2);
});

test('the next owner reads what it needs while the owner before still writes', async () => {
  const processes: TestProcess[] = [];
  const memory: ShardMemory<{ readonly prepared: unknown }> = {
    name: 'memory',
    prepare: async () => (await write(processes[1] as TestProcess, 'meanwhile')).epoch,
    create: (_shard, prepared) => ({ prepared }),
  };
  const tellPrepared: Command<{ id: string }, unknown> = {
    name: 'tell-prepared',
    key: () => '',
    releases: 'decided',
    decide: (shard) => ({ result: [shard.epoch, shard.remember(memory).prepared ?? null] }),
  };
  const options = { config: endlessLease, commands: [tellPrepared], preparedMemories: [memory] };
  const [first, second] = [await start(options), await start(options)];
  processes.push(first, second);
  assert.deepEqual(await second.log.submit(tellPrepared, 0, { id: '' }), [1, null]);
  await first.log.close();
  assert.deepEqual(await second.log.submit(tellPrepared, 0, { id: '' }), [2, 1]);
});

test('what was read for a memory is let go once the memory has begun', async () => {
  const read: WeakRef<object>[] = [];
  const memory: ShardMemory<{ readonly begun: boolean }> = {
    name: 'memory',
    prepare: async () => {
      const rows = { rows: [1] };
      read.push(new WeakRef(rows));
      return rows;
    },
    create: (_shard, prepared) => ({ begun: prepared !== undefined }),
  };
  const tellBegun: Command<{ id: string }, boolean> = {
    name: 'tell-begun',
    key: () => '',
    releases: 'decided',
    decide: (shard) => ({ result: shard.remember(memory).begun }),
  };
  const options = { config: endlessLease, commands: [tellBegun], preparedMemories: [memory] };
  const [first, second] = [await start(options), await start(options)];
  await first.log.close();
  assert.equal(await second.log.submit(tellBegun, 0, { id: '' }), true);
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  assert.deepEqual(
    read.map((each) => each.deref()),
    [undefined],
  );
});

test('a shard whose next owner is not ready is taken by anybody', async () => {
  const broken: ShardMemory<unknown> = {
    name: 'broken',
    prepare: async () => {
      throw new Error('not this time');
    },
    create: () => ({}),
  };
  const first = await start({ config: endlessLease });
  const second = await start({ config: endlessLease, preparedMemories: [broken] });
  await first.log.close();
  await until(second, 1);
  await write(second, 'after');
});

test('a command that is being decided while its shard is handed over is decided again by the next owner', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let entered = () => {};
  const inDecision = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const slow: Command<{ id: string }, NoteResult> = {
    ...writeNote,
    name: 'slow',
    async decide(shard, input) {
      entered();
      await gate;
      return await writeNote.decide(shard, { ...input, text: '' });
    },
  };
  const first = await start({ config: endlessLease, commands: [slow] });
  const second = await start({ config: endlessLease, commands: [slow] });
  const written = second.log.submit(slow, 0, { id: 'slow' });
  await inDecision;
  const handedOver = first.log.close();
  await until(second, 1);
  open();
  const { epoch } = await written;
  await handedOver;
  const rows = await testLog.sql<{ epoch: number; current: number }[]>`
    SELECT n.epoch, s.epoch AS current FROM note n, shard s`;
  assert.deepEqual([...rows], [{ epoch, current: epoch }]);
});

test('the shards of a process that is cut off from the database are taken over, and it goes on through the others', async () => {
  const first = await start({ config: shortLease });
  const second = await start({ config: shortLease });
  await write(first, 'before');
  first.proxy.freeze();
  const hanging = Array.from({ length: 5 }, (_, index) => write(first, `hanging-${index}`));
  await until(second, 1);
  await write(second, 'meanwhile');
  first.proxy.restore();
  await Promise.all(hanging);
  await write(first, 'after');
  assert.deepEqual([first.log.ownedShards(), second.log.ownedShards()], [[], [0]]);
  const rows = await testLog.sql<{ id: string; position: number; epoch: number }[]>`
    SELECT id, position, epoch FROM note ORDER BY position`;
  assert.equal(rows.length, 8);
  assert.deepEqual(
    rows.map(({ position }) => position),
    rows.map((_, index) => index + 1),
  );
  const epochs = rows.map(({ epoch }) => epoch);
  assert.deepEqual(
    epochs,
    epochs.toSorted((a, b) => a - b),
  );
});

test('nobody waits for an owner that hangs: its commands are given to the next owner as soon as there is one', async () => {
  const stuck: Command<{ id: string }, NoteResult> = {
    ...writeNote,
    name: 'stuck',
    decide: (shard, input) =>
      shard.epoch === 1 ? new Promise(() => {}) : writeNote.decide(shard, { ...input, text: '' }),
  };
  const first = await start({ config: shortLease, commands: [stuck] });
  const second = await start({ config: shortLease, commands: [stuck] });
  const forwarded = second.log.submit(stuck, 0, { id: 'forwarded' });
  first.proxy.freeze();
  // The time of a command is 10 s; the lease ends after half a second.
  const { epoch } = await forwarded;
  assert.equal(epoch, 2);
});

test('shards are spread over the processes, and again when one comes and when one goes', async () => {
  const config = { ...shortLease, 'shards.count': 7 };
  const spreads = async (processes: TestProcess[], counts: number[]) => {
    await untilTrue(() => {
      const owned = processes.map(({ log }) => log.ownedShards().length).sort((a, b) => a - b);
      return JSON.stringify(owned) === JSON.stringify(counts);
    });
    await Promise.all(
      [0, 1, 2, 3, 4, 5, 6].map((shard) => write(processes[0] as TestProcess, `${counts.join()}-${shard}`, shard)),
    );
  };
  const first = await start({ config });
  await spreads([first], [7]);
  const second = await start({ config });
  await spreads([first, second], [3, 4]);
  const third = await start({ config });
  await spreads([first, second, third], [2, 2, 3]);
  await second.stop();
  await spreads([first, third], [3, 4]);
  third.proxy.cut();
  await spreads([first], [7]);
});

test('a process that was gone for long takes part again, with its address', async () => {
  const first = await start({ config: { ...shortLease, 'shards.count': 2 } });
  const second = await start({ config: { ...shortLease, 'shards.count': 2 } });
  await until(second, 1);
  second.proxy.cut();
  await until(first, 2);
  await testLog.sql`DELETE FROM process WHERE id NOT IN (SELECT owner FROM shard)`;
  second.proxy.restore();
  await until(second, 1);
  const [shard] = second.log.ownedShards();
  await write(first, 'forwarded', shard);
});

test('what killed processes left in the list of processes is deleted in time', async () => {
  await testLog.sql`INSERT INTO process (id, address, seen_at)
    VALUES (gen_random_uuid(), 'long ago', now() - interval '2 hours'), (gen_random_uuid(), 'just now', now())`;
  await start();
  const rows = await testLog.sql<{ address: string }[]>`SELECT address FROM process WHERE address !~ ':'`;
  assert.deepEqual([...rows], [{ address: 'just now' }]);
});

/** A process whose machine's clock is `offsetMs` off. */
async function startWithOffset(config: Readonly<Record<string, unknown>>) {
  const machine = { offsetMs: 0 };
  const clock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() + machine.offsetMs };
  return { machine, process: await start({ config, clock }) };
}

async function readClockOffset(process: TestProcess): Promise<number> {
  const { body } = await process.context.metrics.expose();
  return Number(/^holdfast_clock_offset_seconds (.*)$/m.exec(body)?.[1]);
}

test('a wrong clock is reported, and that it is right again; alone, the process goes on by the time of the database', async () => {
  const { machine, process } = await startWithOffset(shortLease);
  assert.ok(Math.abs(await readClockOffset(process)) < 60);
  for (const stepSeconds of [540, -540]) {
    machine.offsetMs = stepSeconds * 1_000;
    await untilTrue(async () => {
      const offset = await readClockOffset(process);
      return Math.sign(offset) === Math.sign(stepSeconds) && Math.abs(offset) > 480;
    });
    await write(process, `step-${stepSeconds}`);
    assert.ok(Math.abs(process.context.clock.wallMs() - systemClock.wallMs()) < 60_000);
    machine.offsetMs = 0;
    await untilTrue(async () => Math.abs(await readClockOffset(process)) < 60);
  }
  const reports = process.records.records.filter(({ message }) => message.includes('clock'));
  assert.deepEqual(
    reports.map(({ level }) => level),
    ['error', 'info', 'error', 'info'],
  );
  assert.equal((await testLog.sql<{ epoch: number }[]>`SELECT epoch FROM shard`)[0]?.epoch, 1);
});

test('a process with a wrong clock gives its shards to the others, and has its share again when it is right', async () => {
  const config = { ...shortLease, 'shards.count': 4 };
  const { machine, process } = await startWithOffset(config);
  const other = await start({ config });
  const writers = [0, 1, 2, 3].map((shard) => writeOnAndOn(process, `shard-${shard}`, shard));
  await until(process, 2);
  for (const offsetMs of [540_000, -540_000]) {
    machine.offsetMs = offsetMs;
    await until(other, 4);
    await until(process, 0);
    machine.offsetMs = 0;
    await until(process, 2);
    await until(other, 2);
  }
  await Promise.all(writers.map((writer) => writer.stop()));
});

test('processes that agree with one another and not with the database go on by their own time', async () => {
  const config = { ...shortLease, 'shards.count': 2 };
  const [one, two] = [await startWithOffset(config), await startWithOffset(config)];
  for (const { machine } of [one, two]) machine.offsetMs = 540_000;
  for (const { process } of [one, two]) {
    await untilTrue(async () => (await readClockOffset(process)) > 480);
    await untilTrue(() => process.context.clock.wallMs() - systemClock.wallMs() > 480_000);
  }
  await until(one.process, 1);
  await until(two.process, 1);
  await write(one.process, 'after', 1);
});
