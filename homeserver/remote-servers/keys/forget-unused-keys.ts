import type { Timer } from '@holdfast/effects/clock.ts';
import type { Context } from '../../platform/context.ts';
import { deleteUnusedServerKeys } from '../../storage/remote-servers/write-server-keys.ts';

const everyMs = 6 * 3_600_000;
/** The keys of servers that are gone cannot be had again, and whoever reads far back needs them: so they are kept long. */
const unusedDays = 365;
/** Whoever makes up names of servers makes those forgotten that were used longest ago. */
const mostServers = 200_000;
const serversAtOnce = 1_000;
const maxRounds = 50;

/**
 * Forgets the keys of other servers that nobody has used for a year, a few times a day; every process does, which costs
 * one look at an index where nothing is to be done.
 */
export function forgetUnusedKeys(context: Context): { close(): void } {
  const { clock, log, random } = context;
  let timer: Timer | undefined;
  let isClosed = false;
  const schedule = (waitMs: number) => {
    timer = clock.startTimer(waitMs, () => {
      forgetNow(context)
        .catch((error: unknown) => log.debug({ err: error }, 'unused keys of servers could not be forgotten'))
        .finally(() => !isClosed && schedule(everyMs));
    });
  };
  schedule(random.fraction() * everyMs);
  return {
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}

async function forgetNow({ database, log }: Context): Promise<void> {
  let count = 0;
  for (let round = 0; round < maxRounds; round++) {
    const forgotten = await deleteUnusedServerKeys(database, { unusedDays, mostServers, limit: serversAtOnce });
    count += forgotten;
    if (forgotten < serversAtOnce) break;
  }
  if (count > 0) log.info({ count }, 'the keys of servers were forgotten that nobody has used for long');
}
