import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSource } from '../source/read-source.ts';
import { checkEffects } from './check-effects.ts';
import { checkLinks } from './check-links.ts';
import { checkLockfile } from './check-lockfile.ts';
import { checkExports, checkFileName } from './check-names.ts';
import { checkSizes } from './check-sizes.ts';
import { checkTests } from './check-tests.ts';
import { checkText } from './check-text.ts';
import type { ShapeViolation } from './shape-violation.ts';

export interface ShapeReport {
  /** How many modules were parsed, and how many text files were read. */
  modules: number;
  texts: number;
  violations: ShapeViolation[];
}

const binary = /\.(?:png|jpe?g|gif|webp|avif|ico|woff2?|ttf|gz|zst|wasm|pdf|mp4|webm|bin)$/;

function checkModule(root: string, path: string): ShapeViolation[] {
  const source = readSource(root, path);
  if (path.endsWith('.test.ts')) return checkTests(source);
  return [...checkSizes(source), ...checkEffects(source), ...checkExports(source)];
}

/** Checks the files at `paths` (relative to `root`) against the shape that CONTRIBUTING.md asks for. */
export function checkShape(root: string, paths: string[]): ShapeReport {
  const violations: ShapeViolation[] = [];
  const texts = paths.filter((path) => !binary.test(path));
  const files = new Set(paths);
  for (const path of texts) {
    const text = readFileSync(join(root, path), 'utf8');
    violations.push(...checkFileName(path), ...checkText(path, text));
    if (path.endsWith('.md')) violations.push(...checkLinks(path, text, files));
    if (path === 'package-lock.json') violations.push(...checkLockfile(path, text));
  }
  const modules = texts.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  for (const path of modules) violations.push(...checkModule(root, path));
  return { modules: modules.length, texts: texts.length, violations };
}
