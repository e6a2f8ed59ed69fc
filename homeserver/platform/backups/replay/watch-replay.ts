import { open, stat } from 'node:fs/promises';
import type { Clock } from '@holdfast/effects/clock.ts';
import { parseLogName } from '../log-name.ts';
import { formatLeft, reportProgress } from '../media/report-progress.ts';
import type { ReplayPlan } from './plan-replay.ts';

const lookMs = 500;
const chunkBytes = 64 * 1024;

/**
 * Says how far PostgreSQL is with the logs, which it tells in its own log file for each that it was given. To be started
 * before PostgreSQL is. Gives what ends it.
 */
export async function startReplayWatch(
  logFile: string,
  plan: ReplayPlan,
  { clock, say }: { readonly clock: Clock; say(text: string): void },
): Promise<() => Promise<void>> {
  const ending = new AbortController();
  const startMs = clock.monotonicMs();
  const progress = reportProgress(clock, say);
  const readOn = await followFile(logFile);
  const watch = async () => {
    let given: number | undefined;
    while (!ending.signal.aborted) {
      for (const name of findGivenLogs(await readOn())) given = Math.max(given ?? 0, parseLogName(name)?.number ?? 0);
      const number = given;
      if (number !== undefined) progress(() => formatReplay(plan, number, clock.monotonicMs() - startMs));
      await clock.sleep(lookMs, ending.signal);
    }
  };
  const watching = watch();
  return async () => {
    ending.abort();
    await watching;
  };
}

/** Names of the logs that PostgreSQL says it was given. */
function findGivenLogs(text: string): string[] {
  return [...text.matchAll(/restored log file "([0-9A-F]{24})" from archive/g)].map(([, name]) => name ?? '');
}

/** Such as `replaying: 45%, log 10 of 22, 34 s left`. The log with this number is under way, those before it are done. */
export function formatReplay({ first, last }: ReplayPlan, number: number, elapsedMs: number): string {
  const all = last - first + 1;
  // PostgreSQL may look into the one behind for the first transaction that comes too late.
  const done = Math.min(Math.max(0, number - first), all - 1);
  const share = `${Math.floor((100 * done) / all)}%, log ${done + 1} of ${all}`;
  return `replaying: ${share}${formatLeft(done, all, elapsedMs)}`;
}

/** Gives a function that gives the whole lines that were added to a file since the last time. Nothing of it throws. */
async function followFile(file: string): Promise<() => Promise<string>> {
  let at = (await stat(file).catch(() => undefined))?.size ?? 0;
  let rest = '';
  return async () => {
    const handle = await open(file, 'r').catch(() => undefined);
    if (!handle) return '';
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, at);
      at += bytesRead;
      const text = rest + buffer.toString('latin1', 0, bytesRead);
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end).slice(-chunkBytes);
      return text.slice(0, end);
    } catch {
      return '';
    } finally {
      await handle.close();
    }
  };
}
