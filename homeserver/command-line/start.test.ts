import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { makeTestFolder } from '../testing/make-test-folder.ts';

const program = join(import.meta.dirname, '../holdfast.js');

interface Running {
  readonly process: ChildProcess;
  readonly url: string;
  /** All that it printed so far. */
  readonly lines: readonly string[];
}

function spawnHoldfast(dataDir: string, ...args: string[]) {
  return spawn(process.execPath, [program, ...args, '--data-dir', dataDir], {
    env: { PATH: process.env['PATH'], HOLDFAST_SERVER_NAME: 'localhost', HOLDFAST_HTTP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function startHoldfast(dataDir: string): Promise<Running> {
  const child = spawnHoldfast(dataDir, 'start');
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    const url = /^Holdfast answers at (\S+)/.exec(line)?.[1];
    if (!url) continue;
    child.stdout.resume();
    return { process: child, url, lines };
  }
  throw new Error(`it ended: ${lines.join('\n')}`);
}

async function runHoldfast(dataDir: string, ...args: string[]) {
  const child = spawnHoldfast(dataDir, ...args);
  const texts = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (texts[0] += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (texts[1] += text));
  const [exitCode] = (await once(child, 'close')) as [number];
  return { exitCode, printed: texts[0] ?? '', complaints: texts[1] ?? '' };
}

test('start answers, status and doctor see it, a second start is refused, and Ctrl-C ends it with PostgreSQL', async (t) => {
  const dataDir = join(await makeTestFolder(), 'data');
  const running = await startHoldfast(dataDir);
  t.after(() => running.process.kill('SIGKILL'));
  const reply = await fetch(new URL('/_matrix/client/versions', running.url));
  assert.equal(reply.status, 200);

  const status = await runHoldfast(dataDir, 'status');
  assert.equal(status.exitCode, 0, status.complaints);
  assert.match(status.printed, /server name: localhost/);
  assert.match(status.printed, /processes: 1/);
  assert.match(status.printed, /shards: 1, 0 without an owner/);
  assert.match((await runHoldfast(dataDir, 'status', '--database-url')).printed, /^postgres:\/\/holdfast:\S+\n$/);

  const doctor = await runHoldfast(dataDir, 'doctor');
  assert.equal(doctor.exitCode, 0, doctor.printed);
  assert.match(doctor.printed, /PostgreSQL 18\.\d+ answers/);

  const second = await runHoldfast(dataDir, 'start');
  assert.equal(second.exitCode, 1);
  assert.match(second.complaints, new RegExp(`Another Holdfast is running .*process ${running.process.pid}`));
  assert.doesNotMatch(second.complaints, /\n\s+at /);

  running.process.kill('SIGINT');
  assert.deepEqual(await once(running.process, 'exit'), [0, null]);
  await assert.rejects(fetch(running.url));
  assert.match((await runHoldfast(dataDir, 'status')).complaints, /is not running/);
});

test('start refuses a wrong configuration before it touches anything', async () => {
  const folder = await makeTestFolder();
  const child = spawn(process.execPath, [program, 'start', '--data-dir', join(folder, 'data')], {
    env: { HOLDFAST_HTTP_PORT: 'http' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [complaint] = (await once(child.stderr, 'data')) as [Buffer];
  const [exitCode] = (await once(child, 'exit')) as [number];
  assert.equal(exitCode, 1);
  assert.match(complaint.toString(), /^HOLDFAST_HTTP_PORT: must be a whole number/);
});

test('a port that another program has is told in a sentence, and nothing goes on running', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const dataDir = join(await makeTestFolder(), 'data');
  const child = spawn(process.execPath, [program, 'start', '--data-dir', dataDir], {
    env: { PATH: process.env['PATH'], HOLDFAST_HTTP_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (complaints += text));
  const [exitCode] = (await once(child, 'close')) as [number];
  assert.equal(exitCode, 1);
  assert.match(complaints, new RegExp(`^Another program listens on 127\\.0\\.0\\.1 port ${port} already`));
  assert.match((await runHoldfast(dataDir, 'status')).complaints, /is not running/);
});

test('without a name start prints one address, and what it asks for is in it', async (t) => {
  const dataDir = join(await makeTestFolder(), 'data');
  const child = spawn(process.execPath, [program, 'start', '--data-dir', dataDir], {
    env: { PATH: process.env['PATH'], HOLDFAST_HTTP_PORT: '0', HOLDFAST_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  for await (const line of createInterface(child.stdout)) {
    printed += `${line}\n`;
    if (line.includes('token=')) break;
  }
  assert.deepEqual(printed.match(/https?:\S+/g)?.length, 1);
  assert.match(printed, /Name this server/);
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
