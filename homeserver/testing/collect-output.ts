import type { CommandOutput } from '../command-line/command.ts';

/** The output of a command, kept as text. */
export function collectOutput() {
  const printed: string[] = [];
  const complaints: string[] = [];
  const output: CommandOutput = {
    print: (text) => printed.push(text),
    printError: (text) => complaints.push(text),
  };
  return { output, printed: () => printed.join('\n'), complaints: () => complaints.join('\n') };
}
