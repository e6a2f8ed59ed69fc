import type { ParseArgsOptionDescriptor } from 'node:util';

/** What an option is, and what the help says of it. */
export interface CommandOption extends ParseArgsOptionDescriptor {
  readonly help: string;
}

export interface CommandInput {
  /** Options by name. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** What stands on the line besides the command's name and the options. */
  readonly words: readonly string[];
}

/** Where a command writes (results to standard output, complaints to standard error; whole lines) and asks. */
export interface CommandTerminal {
  print(text: string): unknown;
  printError(text: string): unknown;
  /** Whether a person types what readSecret gives. */
  readonly isInteractive: boolean;
  /** Asks for a line that is not shown while it is typed; from a pipe or file it takes the next line. */
  readSecret(prompt: string): Promise<string>;
}

export interface Command {
  /** One line of the help. */
  readonly summary: string;
  /** What follows the name, such as `USER`; none if not given. */
  readonly usage?: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Gives the exit code: 0 well, 1 not well. */
  run(input: CommandInput, output: CommandTerminal): Promise<number>;
}

/** An error whose message says all there is to say: shown without a stack. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CommandError';
  }
}
