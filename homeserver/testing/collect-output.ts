import type { CommandTerminal } from '../command-line/command.ts';

/** The output of a command, kept as text; `secrets` are what is typed where it asks. */
export function collectOutput(secrets: readonly string[] = []) {
  const typed = [...secrets];
  const printed: string[] = [];
  const complaints: string[] = [];
  const output: CommandTerminal = {
    print: (text) => printed.push(text),
    printError: (text) => complaints.push(text),
    isInteractive: false,
    readSecret: async () => typed.shift() ?? '',
  };
  return { output, printed: () => printed.join('\n'), complaints: () => complaints.join('\n') };
}
