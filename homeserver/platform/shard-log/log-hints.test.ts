import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Hint, LogHints } from './log-hints.ts';
import { startTestLog, type TestLog, type TestProcess } from './testing/start-test-log.ts';

let testLog: TestLog;
let process: TestProcess;
before(async () => {
  testLog = await startTestLog({ 'process.lease_ms': 60_000 });
  process = await testLog.startProcess();
});
after(() => testLog.stop());

/** A process's hints, with what has come to it and a way to wait for more. */
async function openHints(sender: string, context = process.context) {
  const hints = new LogHints(context, sender);
  const received: Hint[] = [];
  let tell = () => {};
  await hints.listen((hint) => {
    received.push(hint);
    tell();
  });
  const until = async (condition: (hints: readonly Hint[]) => boolean) => {
    while (!condition(received)) {
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
    }
  };
  return { hints, received, until };
}

/** The highest position of a shard that a hint has told. */
function toldPosition(hints: readonly Hint[], shard: number): number {
  return Math.max(0, ...hints.map(({ positions }) => positions[shard] ?? 0));
}

test('the newest position of each shard reaches the other processes, in few hints, and not the sender', async () => {
  const [sender, receiver] = [await openHints('sender'), await openHints('receiver')];
  for (let position = 1; position <= 200; position++) {
    sender.hints.announcePosition(0, position);
    sender.hints.announcePosition(1, position * 2);
  }
  await receiver.until((hints) => toldPosition(hints, 0) === 200 && toldPosition(hints, 1) === 400);
  assert.ok(receiver.received.length < 10);
  sender.hints.announceOwners();
  await receiver.until((hints) => hints.some(({ ownersChanged }) => ownersChanged));
  assert.deepEqual(sender.received, []);
  await Promise.all([sender.hints.close(), receiver.hints.close()]);
});

test('hints go on after the connections that carry them have been lost', async () => {
  const [sender, receiver] = [await openHints('sender'), await openHints('receiver')];
  const listening = async () => {
    const rows = await testLog.sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'idle' AND query ILIKE 'listen%'`;
    return rows.map(({ pid }) => pid);
  };
  const before = new Set(await listening());
  await testLog.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'holdfast hints'`;
  while ((await listening()).filter((pid) => !before.has(pid)).length < before.size) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  sender.hints.announcePosition(0, 7);
  await receiver.until((hints) => toldPosition(hints, 0) === 7);
  await Promise.all([sender.hints.close(), receiver.hints.close()]);
});

test('nothing is sent while nobody listens, and a change of owners is told at the end all the same', async () => {
  const [sender, receiver] = [await openHints('sender'), await openHints('receiver')];
  sender.hints.hasListeners = false;
  sender.hints.announcePosition(0, 1);
  sender.hints.announceOwners();
  sender.hints.hasListeners = true;
  sender.hints.announcePosition(0, 2);
  await receiver.until((hints) => toldPosition(hints, 0) === 2);
  assert.equal(receiver.received.length, 1);
  sender.hints.hasListeners = false;
  sender.hints.announceOwners();
  await sender.hints.close();
  await receiver.until((hints) => hints.filter(({ ownersChanged }) => ownersChanged).length === 2);
  await receiver.hints.close();
});

test('what is on the channel and is no hint is passed over', async () => {
  const receiver = await openHints('receiver');
  for (const payload of ['', 'no JSON', '{}', '[]', 'null', '{"positions":{"0":9}}']) {
    await testLog.sql`SELECT pg_notify('holdfast_log', ${payload})`;
  }
  await receiver.until((hints) => toldPosition(hints, 0) === 9);
  await receiver.hints.close();
});
