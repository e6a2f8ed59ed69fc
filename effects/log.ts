export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One record: `log.info({ roomId }, 'room created')`. Fields are data for machines, the message is for people. */
export type WriteLog = (fields: object, message: string) => void;

/** Structured log. pino's loggers are of this shape. Errors go into the field `err`. */
export interface Log {
  readonly trace: WriteLog;
  readonly debug: WriteLog;
  readonly info: WriteLog;
  readonly warn: WriteLog;
  readonly error: WriteLog;
  readonly fatal: WriteLog;
  /** A log whose every record also carries `fields`, such as `{ requestId }`. */
  child(fields: object): Log;
}

const drop: WriteLog = () => {};

/** For tests of what does not concern the log. */
export const silentLog: Log = {
  trace: drop,
  debug: drop,
  info: drop,
  warn: drop,
  error: drop,
  fatal: drop,
  child: () => silentLog,
};
