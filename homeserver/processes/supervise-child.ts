import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';

export interface ChildOptions {
  /** As in the log, such as `the IRC bridge`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Goes over its standard input as one line of JSON; secrets do not stand on a command line. */
  readonly settings: object;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SupervisedChild {
  readonly restarts: number;
  /** Asks it to end, and ends it when it takes too long. */
  stop(): Promise<void>;
}

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** After this long in good health the pause before a start begins small again. */
const soundAfterMs = 60_000;
const graceMs = 8_000;

/**
 * Keeps another program of Holdfast running as a process of its own: what goes wrong in it cannot touch the homeserver,
 * nor the other way round. Its standard input ends when the homeserver is gone.
 */
export function superviseChild(options: ChildOptions): SupervisedChild {
  const { clock, log, name } = options;
  const stopping = new AbortController();
  const state = { restarts: 0, child: undefined as ChildProcess | undefined };
  const supervise = async () => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const startedMs = clock.monotonicMs();
      const how = await runOnce(options, state);
      if (stopping.signal.aborted) return;
      if (clock.monotonicMs() - startedMs > soundAfterMs) pauseMs = firstPauseMs;
      log.error({ how, nextTryMs: pauseMs }, `${name} ended; starting it again`);
      await clock.sleep(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      state.restarts += 1;
    }
  };
  const supervision = supervise();
  return {
    get restarts() {
      return state.restarts;
    },
    async stop() {
      stopping.abort();
      state.child?.kill('SIGTERM');
      const timer = clock.startTimer(graceMs, () => state.child?.kill('SIGKILL'));
      await supervision;
      timer.cancel();
    },
  };
}

/** What keeps a heap small that allocates much and keeps little is as good for the program as for the homeserver. */
function isMemoryOption(option: string): boolean {
  return /^--(max-semi-space-size|heap-growing-percent)=/.test(option);
}

/** Runs the program until it ends; says how. */
function runOnce(options: ChildOptions, state: { child: ChildProcess | undefined }): Promise<string> {
  const { name, program, args, settings, log } = options;
  return new Promise((resolve) => {
    const nodeArgs = [...process.execArgv.filter(isMemoryOption), program, ...args];
    const child = spawn(process.execPath, nodeArgs, { stdio: ['pipe', 'inherit', 'inherit'] });
    state.child = child;
    // It may end before it has read anything.
    child.stdin?.on('error', () => {});
    child.stdin?.write(`${JSON.stringify(settings)}\n`);
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    log.info({ childPid: child.pid }, `${name} starts`);
  });
}
