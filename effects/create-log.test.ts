import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLog } from './create-log.ts';
import type { LogLevel } from './log.ts';

function createTarget(isTTY = false) {
  const lines: string[] = [];
  return { target: { isTTY, write: (text: string) => lines.push(text) }, lines };
}

function logOnce(level: LogLevel, write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const { target, lines } = createTarget();
  write(createLog({ level, format: 'auto' }, target));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('without a terminal a record is one line of JSON with level, time, message and fields', () => {
  const [record] = logOnce('info', (log) => log.child({ requestId: 'r1' }).warn({ roomId: '!a' }, 'slow'));
  assert.deepEqual(
    { ...record, time: undefined, pid: undefined },
    { level: 'warn', requestId: 'r1', roomId: '!a', msg: 'slow', time: undefined, pid: undefined },
  );
  assert.match(String(record?.['time']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('what is below the level is not written', () => {
  const records = logOnce('warn', (log) => {
    log.info({}, 'no');
    log.child({}).debug({}, 'no');
    log.error({}, 'yes');
  });
  assert.deepEqual(
    records.map((record) => record['msg']),
    ['yes'],
  );
});

test('secrets are hidden at the top and one level down', () => {
  const [record] = logOnce('info', (log) =>
    log.info({ access_token: 'geheim', body: { password: 'geheim', user: 'alice' } }, 'login'),
  );
  assert.doesNotMatch(JSON.stringify(record), /geheim/);
  assert.match(JSON.stringify(record), /alice/);
});

test('an error is written with its message and stack', () => {
  const [record] = logOnce('info', (log) => log.error({ err: new TypeError('broken') }, 'failed'));
  const error = record?.['err'] as Record<string, string>;
  assert.equal(error['type'], 'TypeError');
  assert.equal(error['message'], 'broken');
  assert.match(error['stack'] ?? '', /create-log\.test\.ts/);
});

test('in a terminal a record is a line for people', () => {
  const { target, lines } = createTarget(true);
  createLog({ level: 'info', format: 'auto' }, target).info({ roomId: '!a', n: [1] }, 'room created');
  assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d\.\d{3} info {2}room created roomId=!a n=\[1\]\n$/);
});

test('a reader that never reads neither stops the process nor fills its memory', async (t) => {
  const module = join(import.meta.dirname, 'create-log.ts');
  const script = `
    import { createLog } from ${JSON.stringify(module)};
    let dropped = 0;
    const log = createLog({ level: 'info', format: 'json', onDrop: () => { dropped += 1; } });
    for (let i = 0; i < 20000; i += 1) log.info({ text: 'x'.repeat(1000) }, 'much');
    process.stderr.write(String(dropped));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const [dropped] = (await once(child.stderr, 'data')) as [Buffer];
  assert.ok(Number(dropped) > 10_000, `dropped ${dropped.toString()}`);
});
