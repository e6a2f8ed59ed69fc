import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { listFolderFiles, listRepositoryFiles, selectModules } from '../source/list-files.ts';
import { checkImports, type ImportRule } from './check-imports.ts';

const miniature = resolve(import.meta.dirname, '../planted/imports');
const repository = resolve(import.meta.dirname, '../..');

/** What the planted lines say of themselves, as `path:line rule`. */
function readPlanted(paths: string[]): string[] {
  return paths.flatMap((path) =>
    readFileSync(join(miniature, path), 'utf8')
      .split('\n')
      .flatMap((text, index) => {
        const rules = /\/\/ breaks: (.+)$/.exec(text)?.[1]?.split(' ') ?? [];
        return rules.map((rule) => `${path}:${index + 1} ${rule}`);
      }),
  );
}

const everyRule: Record<ImportRule, true> = {
  'layer-order': true,
  'unknown-folder': true,
  'no-cycle': true,
  'only-the-owner-writes': true,
  'writers-call-no-readers': true,
  'protocol-imports-nothing': true,
  'processes-share-only-foundations': true,
  'product-imports-no-tests': true,
  'workspaces-by-name': true,
  unresolved: true,
};

test('exactly the planted violations are reported, and every rule has one', () => {
  const paths = selectModules(listFolderFiles(miniature));
  const report = checkImports(miniature, paths);
  const found = report.violations
    .filter(({ rule }) => rule !== 'no-cycle')
    .map(({ path, line, rule }) => `${path}:${line} ${rule}`);
  assert.deepEqual(found.sort(), readPlanted(paths).sort());
  assert.deepEqual(new Set(report.violations.map(({ rule }) => rule)), new Set(Object.keys(everyRule)));
});

test('a cycle that closes through a type import is reported once, with its path', () => {
  const report = checkImports(miniature, ['homeserver/sync/ring.ts', 'homeserver/sync/tail.ts']);
  assert.deepEqual(
    report.violations.map(({ rule, message }) => [rule, message]),
    [['no-cycle', 'homeserver/sync/ring.ts → homeserver/sync/tail.ts → homeserver/sync/ring.ts']],
  );
});

test('modules and the imports between them are counted', () => {
  const paths = selectModules(listFolderFiles(miniature));
  const report = checkImports(miniature, paths);
  assert.equal(report.modules, paths.length);
  assert.ok(report.imports > 20, `only ${report.imports} imports were followed`);
  assert.deepEqual(checkImports(miniature, []), { modules: 0, imports: 0, violations: [] });
});

test("the repository's own modules are seen, planted ones are not", () => {
  const paths = selectModules(listRepositoryFiles(repository));
  assert.ok(paths.includes('tools/import-rules/check-imports.ts'));
  assert.ok(paths.some((path) => path.startsWith('protocol/')));
  assert.ok(!paths.some((path) => path.startsWith('tools/planted/')));
});
