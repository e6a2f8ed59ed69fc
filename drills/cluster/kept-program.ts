import { setTimeout as wait } from 'node:timers/promises';
import { type SpawnedProgram, spawnProgram } from './spawn-program.ts';

/** As deploy/systemd/holdfast.service says: Restart=always, RestartSec=1. */
const restartAfterMs = 1_000;

/**
 * A program as a machine's supervisor keeps it: with nothing of a person's environment, an empty PATH, and started again
 * whenever it ends.
 */
export interface KeptProgram {
  readonly name: string;
  /** How often it was started since start(). */
  readonly starts: number;
  start(): void;
  /** Ends it and all that it has started, as a power cut does; nobody starts it again. */
  cutPower(): Promise<void>;
}

export interface KeptProgramOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
}

export function keepProgram({ name, args, environment, logFile }: KeptProgramOptions): KeptProgram {
  let program: SpawnedProgram | undefined;
  let keeping: AbortController | undefined;
  let starts = 0;
  const keep = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      starts += 1;
      const settings = { ...environment, PATH: '' };
      program = spawnProgram(args, { environment: settings, hasOnlyThat: true, ownGroup: true, logFile });
      await program.ended;
      await wait(restartAfterMs, undefined, { signal }).catch(() => {});
    }
  };
  return {
    name,
    get starts() {
      return starts;
    },
    start() {
      starts = 0;
      keeping = new AbortController();
      void keep(keeping.signal);
    },
    async cutPower() {
      keeping?.abort();
      program?.signal('SIGKILL');
      await program?.ended;
    },
  };
}
