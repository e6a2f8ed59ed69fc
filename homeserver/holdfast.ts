#!/usr/bin/env node
import { runCommandLine } from './command-line/run-command-line.ts';

const exitCode = await runCommandLine(process.argv.slice(2), {
  print: (text) => process.stdout.write(`${text}\n`),
  printError: (text) => process.stderr.write(`${text}\n`),
});
// Whatever is still open must not keep a command that has ended from ending.
process.exit(exitCode);
