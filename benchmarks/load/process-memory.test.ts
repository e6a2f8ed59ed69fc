import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { readTreeMemoryBytes } from './process-memory.ts';

test('the memory of a process counts that of its children', async (context) => {
  const hold = 'const kept = Buffer.alloc(64 << 20, 1); console.log("ready"); process.stdin.resume();';
  // The parent itself is a shell, so nearly all of what is counted is its child's.
  const parent = spawn('/bin/sh', ['-c', `"$0" -e '${hold}'; true`, process.execPath], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  context.after(() => parent.stdin.end());
  await once(parent.stdout, 'data');
  assert.ok(readTreeMemoryBytes(parent.pid as number) > 64 << 20);
});

test('a process that has ended is an error, not zero bytes', () => {
  assert.throws(() => readTreeMemoryBytes(2 ** 22 + 1), /ENOENT/);
});
