/**
 * Everything that holds for the code at any time, checked without running the product.
 *
 *   npm run check                    all of it
 *   npm run check -- types imports   only these
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { checkImports } from './import-rules/check-imports.ts';
import { checkShape } from './shape/check-shape.ts';
import { listRepositoryFiles, selectModules } from './source/list-files.ts';

const root = resolve(import.meta.dirname, '..');
const programDeadlineMs = 5 * 60_000;
const maxOutputBytes = 4 * 1024 * 1024;

export interface CheckResult {
  passed: boolean;
  /** One line for the table. */
  summary: string;
  /** What is wrong, for the person who has to put it right. */
  details: string;
}

export interface Check {
  name: string;
  says: string;
  run(): Promise<CheckResult>;
}

/** Runs a program of node_modules/.bin (or the running Node.js) and judges it by its exit code. */
function runProgram(program: string, args: string[], summarize: (output: string) => string): Promise<CheckResult> {
  const path = program === 'node' ? process.execPath : join(root, 'node_modules/.bin', program);
  return new Promise((done) => {
    const child = spawn(path, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: programDeadlineMs });
    let output = '';
    const keep = (piece: Buffer) => {
      if (output.length < maxOutputBytes) output += piece.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => done({ passed: false, summary: 'could not be started', details: String(error) }));
    child.once('close', (code, signal) => {
      const end = signal ? `ended by ${signal}` : summarize(output);
      done({
        passed: code === 0,
        summary: end || (code === 0 ? 'nothing to report' : `exit code ${code}`),
        details: output,
      });
    });
  });
}

function firstMatch(pattern: RegExp): (output: string) => string {
  return (output) => pattern.exec(output)?.[0] ?? '';
}

/** A check of our own over parsed files. One that has read nothing has checked nothing, and fails. */
function judgeReport(
  read: number,
  counted: string,
  violations: { path: string; line: number; rule: string; message: string }[],
): CheckResult {
  const lines = violations.map(({ path, line, rule, message }) => `${path}:${line}  ${rule}  ${message}`);
  if (read === 0) return { passed: false, summary: 'read no module', details: 'No module was found to check.' };
  return {
    passed: violations.length === 0,
    summary: violations.length === 0 ? counted : `${violations.length} violations; ${counted}`,
    details: lines.join('\n'),
  };
}

function runImportRules(): CheckResult {
  const report = checkImports(root, selectModules(listRepositoryFiles(root)));
  return judgeReport(report.imports, `${report.imports} imports of ${report.modules} modules`, report.violations);
}

function runShapeRules(): CheckResult {
  const report = checkShape(root, listRepositoryFiles(root));
  return judgeReport(report.modules, `${report.modules} modules, ${report.texts} texts`, report.violations);
}

const specCoverage = 'tools/spec-coverage/spec-coverage.ts';

function listChecks(): Check[] {
  const checks: Check[] = [
    {
      name: 'types',
      says: 'TypeScript, strict',
      run: () =>
        runProgram('tsc', ['-p', '.', '--pretty', 'false'], (output) => {
          const errors = output.match(/error TS/g)?.length ?? 0;
          return errors > 0 ? `${errors} errors` : '';
        }),
    },
    {
      name: 'lint',
      says: 'oxlint, with types',
      run: () => runProgram('oxlint', ['--type-aware', '.'], firstMatch(/Found .*|Finished .* files/)),
    },
    {
      name: 'format',
      says: 'biome (put right by: npx biome check --write)',
      run: () => runProgram('biome', ['check', '--max-diagnostics=50', '.'], firstMatch(/Found .*|Checked .* files/)),
    },
    { name: 'imports', says: 'tools/import-rules', run: async () => runImportRules() },
    { name: 'shape', says: 'tools/shape', run: async () => runShapeRules() },
    {
      name: 'dead-code',
      says: 'knip',
      run: () =>
        runProgram('knip', ['--no-progress', '--no-config-hints'], firstMatch(/Unused.*|Unlisted.*|Unresolved.*/)),
    },
  ];
  if (existsSync(join(root, specCoverage))) {
    checks.push({
      name: 'spec-coverage',
      says: 'the route table and the specification agree',
      run: () => runProgram('node', [specCoverage], firstMatch(/.*\d+ of \d+.*/)),
    });
  }
  return checks;
}

/** Runs the checks, at most `width` at once, and gives their results in the given order. */
export async function runChecks(checks: readonly Check[], width: number): Promise<(CheckResult & { ms: number })[]> {
  const results: (CheckResult & { ms: number })[] = [];
  let next = 0;
  const work = async () => {
    while (next < checks.length) {
      const index = next++;
      const check = checks[index] as Check;
      const startedAt = performance.now();
      const result = await check.run().catch((error: unknown) => ({
        passed: false,
        summary: 'broke',
        details: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }));
      results[index] = { ...result, ms: performance.now() - startedAt };
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}

async function runChosenChecks(names: string[]): Promise<number> {
  const all = listChecks();
  const unknown = names.filter((name) => !all.some((check) => check.name === name));
  if (unknown.length > 0) {
    console.error(`There is no check ${unknown.join(', ')}. There are: ${all.map(({ name }) => name).join(', ')}`);
    return 1;
  }
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  const results = await runChecks(chosen, availableParallelism());
  for (const [index, { passed, details }] of results.entries()) {
    if (!passed) console.log(`── ${chosen[index]?.name} ──\n${details.trim()}\n`);
  }
  for (const [index, { passed, summary, ms }] of results.entries()) {
    const { name = '', says = '' } = chosen[index] ?? {};
    const seconds = `${(ms / 1000).toFixed(1)} s`;
    console.log(`${passed ? '✔' : '✖'} ${name.padEnd(14)} ${seconds.padStart(7)}  ${summary}  (${says})`);
  }
  const failed = results.filter(({ passed }) => !passed).length;
  console.log(failed === 0 ? 'All checks passed.' : `${failed} of ${results.length} checks failed.`);
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  process.exitCode = await runChosenChecks(process.argv.slice(2));
}
