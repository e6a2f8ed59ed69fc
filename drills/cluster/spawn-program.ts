import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { systemClock } from '@holdfast/effects/clock.ts';
import { withDeadline } from '@holdfast/effects/deadline.ts';

/**
 * A program that a drill has started, of Node.js unless another is named. Its output goes to a file and is searched
 * line by line.
 */
export interface SpawnedProgram {
  readonly pid: number;
  isRunning(): boolean;
  /** The groups of the first line, past or future, that matches. Rejects when the program ends first. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>;
  /** Lines that match, so far. */
  findLines(pattern: RegExp): string[];
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

export interface SpawnOptions {
  /** Node.js unless given. */
  readonly program?: string;
  /** Whom it runs as. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly environment?: Readonly<Record<string, string>>;
  readonly logFile: string;
}

interface Waiting {
  readonly pattern: RegExp;
  resolve(match: RegExpExecArray): void;
}

/** A drill that is interrupted leaves nothing running. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function spawnProgram(args: readonly string[], options: SpawnOptions): SpawnedProgram {
  const child = spawn(options.program ?? process.execPath, args, {
    ...(options.user && { uid: options.user.uid, gid: options.user.gid, cwd: '/' }),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  running.add(child);
  const lines: string[] = [];
  const waiting = new Set<Waiting>();
  const file = createWriteStream(options.logFile, { flags: 'a' });
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      lines.push(line);
      file.write(`${line}\n`);
      for (const wait of waiting) {
        const match = wait.pattern.exec(line);
        if (match) wait.resolve(match);
      }
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  }).then(() => {
    running.delete(child);
    file.end();
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  return {
    pid: child.pid ?? 0,
    isRunning,
    findLines: (pattern) => lines.filter((line) => pattern.test(line)),
    signal: (signal) => void child.kill(signal),
    ended,
    async waitForLine(pattern, timeoutMs) {
      const earlier = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
      if (earlier) return earlier;
      const wait: { entry?: Waiting } = {};
      const found = new Promise<RegExpExecArray>((resolve, reject) => {
        wait.entry = { pattern, resolve };
        waiting.add(wait.entry);
        void ended.then(() => reject(new Error(`${args.join(' ')} ended:\n${lines.slice(-20).join('\n')}`)));
      });
      try {
        return await withDeadline(found, timeoutMs, `waiting for ${pattern.source}`, { clock: systemClock });
      } finally {
        if (wait.entry) waiting.delete(wait.entry);
      }
    },
  };
}
