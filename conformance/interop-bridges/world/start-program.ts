import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopOnInterrupt } from '@holdfast/benchmarks/peers/stop-on-interrupt.ts';
import { until } from '../../interop/call-and-wait.ts';

export interface ProgramCommand {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Where its output goes, and where it runs unless `cwd` says otherwise. */
  readonly folder: string;
  readonly cwd?: string;
}

/** A bridge's process. */
export interface RunningProgram {
  /** Everything it has written since its first start. */
  output(): string;
  /** Resolves once a text stands in the output `count` times; rejects when the program ends before. */
  waitForOutput(text: string, count?: number): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const startMs = 60_000;
const stopMs = 10_000;

export function startProgram({ name, program, args, folder, cwd = folder }: ProgramCommand): RunningProgram {
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, `${name}.log`);
  const log = openSync(logPath, 'a');
  const child = spawn(program, args, { cwd, stdio: ['ignore', log, log] });
  let problem: Error | undefined;
  child.once('error', (error) => {
    problem = error;
  });
  const output = () => readFileSync(logPath, 'utf8');
  const hasEnded = () => problem !== undefined || child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: NodeJS.Signals) => {
    if (!hasEnded()) await endChild(child, signal);
  };
  const stop = stopOnInterrupt(() => end('SIGTERM'));
  return {
    output,
    stop,
    kill: () => end('SIGKILL'),
    async waitForOutput(text, count = 1) {
      await until(
        `${name} writes "${text}"`,
        async () => {
          if (output().split(text).length > count) return true;
          if (hasEnded()) throw new Error(`${name} ended: ${problem?.message ?? output().slice(-2_000)}`);
          return false;
        },
        startMs,
      );
    },
  };
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(timer);
}
