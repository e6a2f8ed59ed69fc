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
  /** `environment` is all that it has: nothing of the drill's own, PATH included. */
  readonly hasOnlyThat?: boolean;
  /** With its children it is a group of its own, and signals reach all of them: what a machine's power cut ends. */
  readonly ownGroup?: boolean;
  readonly logFile: string;
}

interface Waiting {
  readonly pattern: RegExp;
  resolve(match: RegExpExecArray): void;
}

/** A drill that is interrupted leaves nothing running. */
const running = new Map<ChildProcess, (signal: NodeJS.Signals) => void>();
process.once('exit', () => {
  for (const signal of running.values()) signal('SIGKILL');
});

export function spawnProgram(args: readonly string[], options: SpawnOptions): SpawnedProgram {
  const child = spawn(options.program ?? process.execPath, args, {
    ...(options.user && { uid: options.user.uid, gid: options.user.gid, cwd: '/' }),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...(!options.hasOnlyThat && process.env), ...options.environment },
    detached: options.ownGroup ?? false,
  });
  const signalIt = (signal: NodeJS.Signals) => signalProgram(child, signal, options.ownGroup ?? false);
  running.set(child, signalIt);
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
    signal: signalIt,
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

function signalProgram(child: ChildProcess, signal: NodeJS.Signals, isGroup: boolean): void {
  if (!isGroup || child.pid === undefined) {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // All of them have ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
