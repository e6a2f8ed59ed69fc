#!/usr/bin/env node
import { enableCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/**
 * A server allocates much and keeps little. Left alone, V8 lets a heap grow to several times what lives in it, and glibc
 * keeps a heap for each thread and what was freed in it: half a gigabyte for what fits into 130 MB.
 * docs/decisions/2026-11-memory.md
 */
const memoryOptions = ['--max-semi-space-size=4', '--heap-growing-percent=30'];
const memoryEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };

// Both count only from a process's beginning: `npm start` gives them, and whoever starts this file alone gets them by
// its beginning once more, as the same process. Where the system cannot do that, it goes on with what it has.
const isServer = process.argv[2] === 'start';
const options = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
if (isServer && !options.includes('--max-semi-space-size') && process.execve) {
  const args = [process.execPath, ...memoryOptions, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...memoryEnvironment, ...process.env });
}

// The threads that verify events make much of each event that is of no use for the next: a young generation of 2 MB does.
// Their own `resourceLimits` would not count beside the option above, which this replaces for heaps that begin later.
setFlagsFromString('--max-semi-space-size=1');

// Half of a start would be compiling what the last start compiled. Where the folder cannot be written, so it is. This
// file alone is JavaScript: it runs before the cache, and its types would be stripped anew each time. Threads and programs
// that are started from here find the folder in their environment; without it each loads a compiler, some 20 MiB.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/node-compile', import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);
const { resolveOwnFile } = await import('./platform/resolve-own-file.ts');
registerHooks({ resolve: resolveOwnFile });
const { readSecret } = await import('./command-line/read-secret.ts');
const { runCommandLine } = await import('./command-line/run-command-line.ts');

const exitCode = await runCommandLine(process.argv.slice(2), {
  print: (text) => process.stdout.write(`${text}\n`),
  printError: (text) => process.stderr.write(`${text}\n`),
  isInteractive: process.stdin.isTTY,
  readSecret,
});
// Whatever is still open must not keep a command that has ended from ending.
process.exit(exitCode);
