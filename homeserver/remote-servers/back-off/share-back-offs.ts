import type { Timer } from '@holdfast/effects/clock.ts';
import type { Context } from '../../platform/context.ts';
import { type FailureRow, readFailureChanges, readFailures } from '../../storage/remote-servers/read-failures.ts';
import { endFailures, forgetEndedFailures, saveFailures } from '../../storage/remote-servers/write-failures.ts';
import { type BackOffs, backOffsOf } from './back-offs.ts';

/** How often what is new is written, and what others have written is read. */
const roundMs = 2_000;
/** Looked at again each time: rows appear a moment after the time that stands in them. */
const overlapMs = 10_000;
const forgetEveryMs = 3_600_000;

export interface SharedBackOffs {
  close(): Promise<void>;
}

/**
 * Keeps the back-offs of this process and the database's the same: they survive a restart, and a server that one
 * process hears from is there for all. Nothing is asked while no server fails.
 */
export function shareBackOffs(context: Context): SharedBackOffs {
  const { clock, log } = context;
  const backOffs = backOffsOf.of(context);
  let timer: Timer | undefined;
  let isClosed = false;
  let isLoaded = false;
  let readAtMs = clock.monotonicMs();
  let forgottenAtMs = clock.monotonicMs();
  const round = async () => {
    await saveChanges(context, backOffs);
    const nowMs = clock.monotonicMs();
    if (!isLoaded) learnAll(backOffs, await readFailures(context.database));
    else if (backOffs.size > 0) {
      learnAll(backOffs, await readFailureChanges(context.database, nowMs - readAtMs + overlapMs));
    }
    isLoaded = true;
    readAtMs = nowMs;
    if (nowMs - forgottenAtMs < forgetEveryMs) return;
    forgottenAtMs = nowMs;
    await forgetEndedFailures(context.database);
  };
  const schedule = (waitMs: number) => {
    timer = clock.startTimer(waitMs, () => {
      round()
        .catch((error: unknown) => log.debug({ err: error }, 'which servers fail could not be shared'))
        .finally(() => !isClosed && schedule(roundMs));
    });
  };
  schedule(0);
  return {
    async close() {
      isClosed = true;
      timer?.cancel();
      await saveChanges(context, backOffs).catch(() => {});
    },
  };
}

async function saveChanges({ database }: Context, backOffs: BackOffs): Promise<void> {
  const changes = backOffs.takeUnsaved();
  if (changes.size === 0) return;
  const failures = [...changes].flatMap(([serverName, status]) => (status ? [{ serverName, ...status }] : []));
  const ended = [...changes].filter(([, status]) => !status).map(([serverName]) => serverName);
  try {
    if (failures.length > 0) await saveFailures(database, failures);
    if (ended.length > 0) await endFailures(database, ended);
  } catch (error) {
    backOffs.giveBackUnsaved(changes.keys());
    throw error;
  }
}

function learnAll(backOffs: BackOffs, rows: readonly FailureRow[]): void {
  for (const { serverName, isOver, failingForMs, retryInMs, lastError } of rows) {
    backOffs.learn(serverName, isOver ? undefined : { failingForMs, retryInMs: Math.max(0, retryInMs), lastError });
  }
}
