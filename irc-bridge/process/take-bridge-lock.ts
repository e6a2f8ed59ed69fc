import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import { openBridgeDatabase } from '../storage/open-bridge-database.ts';

/** Any constant: the advisory lock of the one bridge that runs over a database. */
const bridgeLock = 7_466_323;
const pollMs = 1_000;

export interface BridgeLock {
  /** Resolves when the lock is gone, so that another process may run. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
}

/** Waits until no other bridge runs over the database. */
export async function takeBridgeLock(databaseUrl: string, clock: Clock, log: Log): Promise<BridgeLock> {
  const sql = openBridgeDatabase(databaseUrl, 1, clock);
  const session = async () => {
    const [row] = await sql<{ taken: boolean; pid: number }[]>`
      SELECT pg_try_advisory_lock(${bridgeLock}) AS taken, pg_backend_pid() AS pid`;
    return row;
  };
  let pid: number | undefined;
  let told = false;
  while (pid === undefined) {
    const taken = await session();
    if (taken?.taken) {
      pid = taken.pid;
      break;
    }
    if (!told) log.info({}, 'another bridge runs over this database; waiting for its end');
    told = true;
    await clock.sleep(pollMs);
  }
  const stopping = new AbortController();
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(pollMs, stopping.signal);
      if (stopping.signal.aborted) return new Promise<void>(() => {});
      try {
        const [row] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
        // Another session than the one that has the lock: it must be taken again before anybody else does.
        if (row?.pid !== pid) {
          const again = await session();
          if (!again?.taken) return;
          pid = again.pid;
        }
      } catch {
        // While the database is away nothing can be stored, and nobody else can take the lock either.
      }
    }
  };
  const lost = watch();
  return {
    lost,
    async release() {
      stopping.abort();
      await sql.end({ timeout: 2 });
    },
  };
}
