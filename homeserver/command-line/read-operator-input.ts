import { userInfo } from 'node:os';
import { CommandError, type CommandInput } from './command.ts';

/** Who asks, as it stands in the audit log. */
export const readOperator = () => `command line: ${userInfo().username}`;

/** The one word of a command. */
export function readOne({ words }: CommandInput, otherwise: string): string {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw new CommandError(otherwise);
  return word;
}

/** An option that is a time with its offset from UTC, which is not guessed; in milliseconds since 1970. */
export function readTime({ options }: CommandInput, name: string): number | undefined {
  const text = options[name];
  if (typeof text !== 'string') return undefined;
  const isWhole = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const ms = Date.parse(text);
  if (isWhole && !Number.isNaN(ms)) return ms;
  throw new CommandError(`--${name} ${text} is not understood. A time has its offset: 2026-12-24T18:00:00+01:00`);
}
