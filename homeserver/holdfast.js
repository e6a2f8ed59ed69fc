#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Half of a start would be compiling what the last start compiled. Where the folder cannot be written, so it is. This
// file alone is JavaScript: it runs before the cache, and its types would be stripped anew each time.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node-compile', import.meta.url)));
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
