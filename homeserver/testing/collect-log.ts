import { EventEmitter, once } from 'node:events';
import type { Log, LogLevel } from '@holdfast/effects/log.ts';

export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface CollectedLog {
  readonly log: Log;
  readonly records: readonly LogRecord[];
  /** Resolves with the first record, past or future, whose message has `part` in it. */
  waitFor(part: string): Promise<LogRecord>;
  /** Drops the records so far. */
  clear(): void;
}

/** A log that keeps its records, so that a test can see them and wait for them. */
export function collectLog(): CollectedLog {
  const records: LogRecord[] = [];
  const emitter = new EventEmitter();
  const make = (bound: object): Log => {
    const write = (level: LogLevel) => (fields: object, message: string) => {
      records.push({ level, message, fields: { ...bound, ...fields } });
      emitter.emit('record');
    };
    return {
      trace: write('trace'),
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      fatal: write('fatal'),
      child: (fields) => make({ ...bound, ...fields }),
    };
  };
  return {
    log: make({}),
    records,
    clear() {
      records.length = 0;
    },
    async waitFor(part) {
      for (;;) {
        const found = records.find((record) => record.message.includes(part));
        if (found) return found;
        await once(emitter, 'record');
      }
    },
  };
}
