import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';
import { createPrettyStream, type LogTarget } from './create-pretty-stream.ts';
import type { Log, LogLevel } from './log.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** `auto`: pretty in a terminal, otherwise JSON. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Called for each record that was thrown away because whoever reads the log does not keep up. */
  readonly onDrop?: () => void;
}

/** Values under these names never reach the log, at the top of a record or one level down. */
const secretNames = [
  ...['access_token', 'accessToken', 'refresh_token', 'refreshToken', 'login_token', 'loginToken', 'token'],
  ...['password', 'new_password', 'newPassword', 'secret', 'sharedSecret', 'mac', 'signature', 'secretKey'],
  ...['as_token', 'asToken', 'hs_token', 'hsToken', 'authorization', 'cookie', 'databaseUrl'],
];

/**
 * A reader of our output that hangs must not hang us: writes happen beside the event loop, and beyond this much waiting
 * text records are dropped.
 */
const largestBacklogBytes = 4 * 1024 * 1024;

function openStandardOutput(onDrop: () => void): LogTarget {
  const output = destination({ fd: 1, sync: false, maxLength: largestBacklogBytes });
  output.on('drop', onDrop);
  const { isTTY } = process.stdout;
  // hasColors knows NO_COLOR and its like.
  return { isTTY, hasColours: isTTY && process.stdout.hasColors(), write: (text) => output.write(text) };
}

/** Makes the process's log. Records are objects with `level`, `time` (ISO 8601, UTC), `msg` and the fields given. */
export function createLog(
  options: LogOptions,
  target: LogTarget = openStandardOutput(options.onDrop ?? (() => {})),
): Log {
  const pretty = options.format === 'pretty' || (options.format === 'auto' && target.isTTY === true);
  const stream: DestinationStream = pretty
    ? createPrettyStream(target)
    : { write: (line: string) => void target.write(line) };
  return pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretNames.flatMap((name) => [name, `*.${name}`]), censor: '[hidden]' },
    },
    stream,
  );
}
