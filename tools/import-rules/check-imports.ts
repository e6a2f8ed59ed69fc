import { posix } from 'node:path';
import { readSource, type Source } from '../source/read-source.ts';
import { findCycles } from './find-cycles.ts';
import { foundations, instruments, isInside, isTest, layers, otherProcesses, storage, writers } from './layers.ts';
import { type ImportTarget, resolveImport } from './resolve-import.ts';

export type ImportRule =
  | 'layer-order'
  | 'unknown-folder'
  | 'no-cycle'
  | 'only-the-owner-writes'
  | 'writers-call-no-readers'
  | 'protocol-imports-nothing'
  | 'processes-share-only-foundations'
  | 'product-imports-no-tests'
  | 'workspaces-by-name'
  | 'unresolved';

export interface ImportViolation {
  rule: ImportRule;
  path: string;
  line: number;
  message: string;
}

export interface ImportReport {
  /** How many modules were read. A check that read none has checked nothing, and says so by failing. */
  modules: number;
  /** How many imports between those modules were followed. */
  imports: number;
  violations: ImportViolation[];
}

interface Layer {
  folder: string;
  height: number;
}

function findLayer(path: string): Layer | undefined {
  for (const [height, folders] of layers.entries()) {
    const folder = folders.find((each) => isInside(path, each));
    if (folder) return { folder, height };
  }
  // homeserver/holdfast.js and its like: where a process begins, above everything.
  if (/^homeserver\/[^/]+$/.test(path)) return { folder: 'homeserver', height: layers.length };
  return undefined;
}

function workspaceOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

function isProduct(path: string): boolean {
  return !isTest(path) && !instruments.some((folder) => isInside(path, folder));
}

/** The rules that look at one import between two modules of the tree: what is wrong with it, or nothing. */
const moduleRules: [ImportRule, (from: string, to: string) => string | undefined][] = [
  [
    'protocol-imports-nothing',
    (from, to) =>
      isInside(from, 'protocol') && !isInside(to, 'protocol') ? `protocol imports nothing outside itself` : undefined,
  ],
  [
    'processes-share-only-foundations',
    (from, to) => {
      const process = otherProcesses.find((each) => isInside(from, each));
      if (process && ![process, ...foundations].some((folder) => isInside(to, folder))) {
        return `${process} imports nothing of this tree but itself and ${foundations.join(' and ')}`;
      }
      const foreign = otherProcesses.find((each) => isInside(to, each));
      return foreign && isInside(from, 'homeserver') ? `the homeserver knows nothing of ${foreign}` : undefined;
    },
  ],
  [
    'product-imports-no-tests',
    (_from, to) => (isProduct(to) ? undefined : 'the product imports nothing of what tests or measures it'),
  ],
  [
    'layer-order',
    (from, to) => {
      const [lower, upper] = [findLayer(from), findLayer(to)];
      if (!lower || !upper || lower.folder === upper.folder || upper.height < lower.height) return undefined;
      return upper.height === lower.height
        ? `${lower.folder} and ${upper.folder} are siblings and do not import each other`
        : `${lower.folder} is below ${upper.folder}`;
    },
  ],
  [
    'only-the-owner-writes',
    (from, to) => {
      const owner = new RegExp(`^${storage}/([^/]+)/(?:.*/)?write-[^/]+\\.ts$`).exec(to)?.[1];
      if (!owner || isInside(from, `${storage}/${owner}`)) return undefined;
      const allowed = writers[owner] ?? [`homeserver/${owner}`];
      return allowed.some((folder) => isInside(from, folder)) ? undefined : `only ${allowed.join(', ')} may write here`;
    },
  ],
  [
    'writers-call-no-readers',
    (from, to) =>
      isInside(from, storage) && posix.basename(from).startsWith('write-') && posix.basename(to).startsWith('read-')
        ? 'a writer does not read: what it needs to know comes in as a parameter'
        : undefined,
  ],
];

function checkTarget(from: string, specifier: string, target: ImportTarget): [ImportRule, string][] {
  if (target.kind !== 'module') {
    return isInside(from, 'protocol')
      ? [['protocol-imports-nothing', `protocol imports neither Node.js nor a dependency`]]
      : [];
  }
  const found: [ImportRule, string][] = [];
  for (const [rule, judge] of moduleRules) {
    const message = judge(from, target.path);
    if (message) found.push([rule, message]);
  }
  if (specifier.startsWith('.') !== (workspaceOf(from) === workspaceOf(target.path))) {
    found.push(['workspaces-by-name', 'relative inside a workspace, @holdfast/... between them']);
  }
  return found;
}

function checkSource(source: Source, known: ReadonlySet<string>, edges: string[]): ImportViolation[] {
  const violations: ImportViolation[] = [];
  const report = (rule: ImportRule, line: number, message: string) =>
    violations.push({ rule, path: source.path, line, message });
  const isLayered = ['homeserver', 'monitor'].some((folder) => isInside(source.path, folder));
  if (isLayered && isProduct(source.path) && !findLayer(source.path)) {
    report('unknown-folder', 1, 'this folder has no place in tools/import-rules/layers.ts');
  }
  for (const { specifier, line } of source.imports) {
    const target = resolveImport(source.path, specifier);
    if (target.kind === 'module' && target.path.endsWith('.ts')) {
      if (known.has(target.path)) edges.push(target.path);
      else report('unresolved', line, `${specifier}: there is no ${target.path}`);
    }
    if (isTest(source.path) || !isProduct(source.path)) continue;
    for (const [rule, message] of checkTarget(source.path, specifier, target)) {
      report(rule, line, `${specifier}: ${message}`);
    }
  }
  return violations;
}

/**
 * Checks every import of the modules at `paths` (relative to `root`), type imports and dynamic ones included. Imports
 * whose specifier is computed at run time are not seen.
 */
export function checkImports(root: string, paths: string[]): ImportReport {
  const known = new Set(paths);
  const graph = new Map<string, string[]>();
  const violations: ImportViolation[] = [];
  for (const path of paths) {
    const edges: string[] = [];
    violations.push(...checkSource(readSource(root, path), known, edges));
    graph.set(path, edges);
  }
  for (const cycle of findCycles(graph)) {
    const [path = ''] = cycle;
    violations.push({ rule: 'no-cycle', path, line: 1, message: [...cycle, path].join(' → ') });
  }
  const imports = [...graph.values()].reduce((sum, edges) => sum + edges.length, 0);
  return { modules: paths.length, imports, violations };
}
