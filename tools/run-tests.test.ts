import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { findTestFiles } from './run-tests.ts';

function plantTree(files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-run-tests-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ workspaces: ['protocol', 'tools'] }));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

test('every test of the workspaces is found, and none of dependencies or planted violations', (t) => {
  const folder = plantTree([
    'protocol/a.test.ts',
    'protocol/events/b.test.ts',
    'protocol/events/b.ts',
    'protocol/node_modules/dependency/c.test.ts',
    'tools/planted/d.test.ts',
    'tools/e.test.ts',
    'elsewhere/f.test.ts',
  ]);
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(findTestFiles(folder, []), ['protocol/a.test.ts', 'protocol/events/b.test.ts', 'tools/e.test.ts']);
});

test('a part of a path chooses the files that contain it, with or without a leading ./', (t) => {
  const folder = plantTree(['protocol/events/b.test.ts', 'protocol/a.test.ts', 'tools/e.test.ts']);
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(findTestFiles(folder, ['./tools', 'events/']), ['protocol/events/b.test.ts', 'tools/e.test.ts']);
  assert.deepEqual(findTestFiles(folder, ['nowhere']), []);
});

test('what needs more of a machine than npm is found by its need alone', (t) => {
  const folder = plantTree(['protocol/a.test.ts', 'protocol/b.irc.test.ts', 'tools/c.machine.test.ts']);
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(findTestFiles(folder, []), ['protocol/a.test.ts']);
  assert.deepEqual(findTestFiles(folder, [], 'irc'), ['protocol/b.irc.test.ts']);
  assert.deepEqual(findTestFiles(folder, [], 'machine'), ['tools/c.machine.test.ts']);
});
