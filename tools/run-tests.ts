/**
 * Runs the tests of all workspaces with node:test, over one PostgreSQL that is started only if a chosen test may use it.
 *
 *   npm test                                  every *.test.ts
 *   npm test -- protocol rooms/send           the files whose path contains one of these
 *   npm test -- --test-name-pattern=redact    options go to `node --test` as they are
 *   npm run test:irc                          the *.irc.test.ts instead, which need ngircd and inspircd on the machine
 *   npm run test:machine                      the *.machine.test.ts instead, which need root, namespaces, mounts and
 *                                             Debian's prometheus and prometheus-alertmanager
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** A file's deadline; a file near it is too slow for a suite of under ten minutes anyway. */
const fileDeadlineMs = 180_000;
/** The whole run's deadline. */
const runDeadlineMs = 14 * 60_000;
/** Between asking the tests to end and ending them. */
const graceMs = 5_000;
/** Database tests wait for the disk more than for the processor, so the number may exceed the cores. */
const concurrency = availableParallelism() + 1;

const root = resolve(import.meta.dirname, '..');

interface TestDatabase {
  url: string;
  stop(): Promise<void>;
}

/** Tests that need more of a machine than npm, by the option that runs them alone. They fail where it is missing. */
const needs = ['irc', 'machine'] as const;
export type TestNeed = (typeof needs)[number];

/**
 * All test files of the workspaces, or those whose path contains one of `wanted`, relative to the root and sorted:
 * either those with that need, or those with none.
 */
export function findTestFiles(rootFolder: string, wanted: string[], need?: TestNeed): string[] {
  const { workspaces } = JSON.parse(readFileSync(join(rootFolder, 'package.json'), 'utf8')) as { workspaces: string[] };
  const found = globSync(
    workspaces.map((workspace) => `${workspace}/**/*.test.ts`),
    { cwd: rootFolder, exclude: (path) => path.endsWith('node_modules') || path === 'tools/planted' },
  );
  const needOf = (file: string) => needs.find((each) => file.endsWith(`.${each}.test.ts`));
  const all = [...new Set(found)].filter((file) => needOf(file) === need).sort();
  if (wanted.length === 0) return all;
  const asTyped = wanted.map((part) => part.replace(/^\.\//, ''));
  return all.filter((file) => asTyped.some((part) => file.includes(part)));
}

/** The rules of Matrix, the console's pages and the tools never see a database; all else may. */
function mayUseDatabase(file: string): boolean {
  return !/^(protocol|effects|console|tools)\//.test(file);
}

async function startDatabase(files: string[]): Promise<TestDatabase | undefined> {
  const starter = join(root, 'homeserver/testing/start-test-database.ts');
  if (!files.some(mayUseDatabase) || !existsSync(starter)) return undefined;
  const module = (await import(pathToFileURL(starter).href)) as { startTestDatabase(): Promise<TestDatabase> };
  return module.startTestDatabase();
}

/** Ends the runner and every process below it, so that no test server outlives a run that was cut short. */
function endProcessGroup(pid: number): void {
  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch {
      // The group has ended by itself.
    }
  };
  signalGroup('SIGINT');
  setTimeout(() => signalGroup('SIGKILL'), graceMs).unref();
}

/** Runs `node --test` over the files and gives its exit code; 1 if the deadline ended it. */
function runNodeTest(files: string[], options: string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const reporter = options.some((option) => option.startsWith('--test-reporter')) ? [] : ['--test-reporter=spec'];
  const runner = spawn(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${fileDeadlineMs}`,
      ...reporter,
      ...options,
      ...files,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: environment, detached: true },
  );
  const end = () => endProcessGroup(runner.pid ?? 0);
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    console.error(`\nThe tests did not end within ${runDeadlineMs / 60_000} minutes; they are ended now.`);
    end();
  }, runDeadlineMs);
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  return new Promise((done, failed) => {
    runner.once('error', failed);
    runner.once('exit', (code) => {
      clearTimeout(deadline);
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      done(late ? 1 : (code ?? 1));
    });
  });
}

async function runTests(args: string[]): Promise<number> {
  const need = needs.find((each) => args.includes(`--${each}`));
  const options = args.filter((arg) => arg.startsWith('-') && arg !== `--${need}`);
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const files = findTestFiles(root, wanted, need);
  if (files.length === 0) {
    console.error(
      wanted.length === 0 ? 'There is no *.test.ts file.' : `No test file's path has: ${wanted.join(', ')}`,
    );
    return 1;
  }
  const database = await startDatabase(files);
  try {
    const environment: NodeJS.ProcessEnv = {
      // Stripping the types of a few hundred modules anew in every test file would cost more than most tests.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node-compile'),
      ...process.env,
      ...(database && { HOLDFAST_TEST_DATABASE_URL: database.url }),
    };
    return await runNodeTest(files, options, environment);
  } finally {
    await database?.stop();
  }
}

if (import.meta.main) {
  process.exitCode = await runTests(process.argv.slice(2));
}
