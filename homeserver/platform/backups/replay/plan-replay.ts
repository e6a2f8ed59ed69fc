import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type BaseBackup, firstLogOf, reachOf } from '../base-backup.ts';
import { type ArchivedLog, type LogName, logNumberOf, logSizeBytes, parseLogName } from '../log-name.ts';
import { findFirstCommitMs } from './first-commit.ts';

/** Which files of the log a restore replays, by their numbers; both are part of it. */
export interface ReplayPlan {
  readonly first: number;
  readonly last: number;
}

interface PlannedLog extends LogName {
  read(): Promise<Buffer>;
}

export interface ReplayRequest {
  readonly backup: BaseBackup;
  readonly logs: readonly ArchivedLog[];
  /** `pg_wal` of the database that is replaced, where it is of the same history. */
  readonly unarchived: string | undefined;
  /** Undefined: the newest. */
  readonly timeline: number | undefined;
  /** Undefined: as far as the logs go. */
  readonly targetMs: number | undefined;
}

/**
 * Plans how far the logs are replayed: up to the one in which the first transaction after the time was committed, which the
 * logs themselves tell, or to the last one that there is.
 */
export async function planReplay(request: ReplayRequest): Promise<ReplayPlan> {
  const { backup, logs, unarchived, timeline, targetMs } = request;
  const first = firstLogOf(backup.manifest);
  const archived = reachOf(backup, logs).logs.map(({ file, ...name }) => {
    return { ...name, read: async () => await unpack(await readFile(file)) };
  });
  const others = unarchived === undefined ? [] : await listUnarchived(unarchived);
  const followed = followHistory([...archived, ...others], first, timeline);
  const needed = logNumberOf(backup.manifest.stopPlace);
  const last = targetMs === undefined ? followed.at(-1) : await findLast(followed, needed, targetMs);
  return { first: first.number, last: Math.max(needed, last?.number ?? 0) };
}

/**
 * The logs that follow each other from the first one on, where the history went another way (a new timeline) by that one, and
 * by none beyond `timeline`.
 */
export function followHistory<Log extends LogName>(
  logs: readonly Log[],
  first: LogName,
  timeline = Number.POSITIVE_INFINITY,
): Log[] {
  const byNumber = Map.groupBy(logs, ({ number }) => number);
  const followed: Log[] = [];
  let reached = first.timeline;
  for (let number = first.number; ; number++) {
    const fitting = (byNumber.get(number) ?? []).filter((log) => log.timeline >= reached && log.timeline <= timeline);
    const [log] = fitting.sort((one, other) => other.timeline - one.timeline);
    if (!log) return followed;
    followed.push(log);
    reached = log.timeline;
  }
}

const unpack = promisify(gunzip);
/** Where the header of a log's first page says which one it is. */
const [addressAt, addressEnd] = [8, 16];

/** The last log that has something from before the time. Commits are in the order of the logs but for a moment. */
async function findLast(logs: readonly PlannedLog[], needed: number, targetMs: number) {
  let low = Math.max(
    0,
    logs.findIndex(({ number }) => number === needed),
  );
  let high = logs.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    // A log without a commit counts with the next one that has any.
    let committedMs: number | undefined;
    for (let at = middle; at <= high && committedMs === undefined; at++) committedMs = await readFirstCommit(logs[at]);
    if (committedMs !== undefined && committedMs <= targetMs) low = middle;
    else high = middle - 1;
  }
  return logs[low];
}

async function readFirstCommit(log: PlannedLog | undefined): Promise<number | undefined> {
  const content = await log?.read().catch(() => undefined);
  return content && findFirstCommitMs(content);
}

/** PostgreSQL keeps files for later under names to come: only those that begin with their own place are logs. */
async function listUnarchived(folder: string): Promise<PlannedLog[]> {
  const names = await readdir(folder).catch(() => []);
  const logs: PlannedLog[] = [];
  for (const name of names) {
    const parsed = parseLogName(name);
    const file = join(folder, name);
    if (parsed && (await readPlace(file)) === parsed.number) logs.push({ ...parsed, read: () => readFile(file) });
  }
  return logs;
}

/** The number of a log by the address of its first page; undefined where it is none. */
async function readPlace(file: string): Promise<number | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(addressEnd), 0, addressEnd, 0);
    return bytesRead < addressEnd ? undefined : Number(buffer.readBigUInt64LE(addressAt) / BigInt(logSizeBytes));
  } finally {
    await handle.close();
  }
}

/** The milliseconds of a target as PostgreSQL is given it, such as `2026-11-26 08:30:00+00`. */
export function parseTargetMs(targetTime: string): number {
  return Date.parse(targetTime.replace('+00', 'Z'));
}
