import { destination, pino, stdTimeFunctions } from 'pino';
import type { Log } from './log.ts';

/** A reader of our output that hangs must not hang us: beyond this much waiting text records are dropped. */
const largestBacklogBytes = 4 * 1024 * 1024;
const secretNames = ['password', 'token', 'asToken', 'hsToken', 'authorization', 'databaseUrl', 'key'];

/** Makes the process's log: records are objects with `level`, `time` (ISO 8601, UTC), `msg` and the fields given. */
export function createLog(level: string): Log {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretNames.flatMap((name) => [name, `*.${name}`]), censor: '[hidden]' },
  };
  return pino(options, destination({ fd: 1, sync: false, maxLength: largestBacklogBytes }));
}
