import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { listFolderFiles } from '../source/list-files.ts';
import { checkLockfile } from './check-lockfile.ts';
import { checkShape } from './check-shape.ts';

const planted = resolve(import.meta.dirname, '../planted/shape');

/** The planted files; the list of the folder leaves out names that begin with a dot. */
const paths = [...listFolderFiles(planted).filter((path) => path !== 'README.md'), '.npmrc'];

/** What the planted lines say of themselves, as `path:line rule`. */
function readPlanted(): string[] {
  return paths.flatMap((path) =>
    readFileSync(join(planted, path), 'utf8')
      .split('\n')
      .flatMap((text, index) => {
        const rules = /\/\/ breaks: (.+)$/.exec(text)?.[1]?.split(' ') ?? [];
        return rules.map((rule) => `${path}:${index + 1} ${rule}`);
      }),
  );
}

test('exactly the planted violations are reported', () => {
  const found = checkShape(planted, paths).violations.map(({ path, line, rule }) => `${path}:${line} ${rule}`);
  assert.deepEqual(found.sort(), readPlanted().sort());
});

test('modules and texts are counted', () => {
  const report = checkShape(planted, paths);
  assert.equal(report.texts, paths.length);
  assert.equal(report.modules, paths.filter((path) => path.endsWith('.ts')).length);
});

test('a lock file that names a platform without locking its build is refused', () => {
  const lockfile = { packages: { 'node_modules/a': { optionalDependencies: { '@a/darwin-arm64': '1.0.0' } } } };
  assert.deepEqual(
    checkLockfile('package-lock.json', JSON.stringify(lockfile)).map(({ rule }) => rule),
    ['lockfile'],
  );
  assert.deepEqual(checkLockfile('package-lock.json', '{"packages":{}}'), []);
});
