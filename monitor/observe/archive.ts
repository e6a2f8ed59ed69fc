import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupObservation } from '../observations/backups.ts';
import { createBadSince } from './bad-since.ts';
import type { Source } from './source.ts';

/** What the programs write that make base backups: Holdfast, pg_basebackup, pgBackRest, Barman. */
const manifests = /^(backup\.json|backup_manifest|backup\.manifest|backup\.info)$/;
const deepest = 4;
const mostFolders = 2_000;
const logName = /^[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})(\.partial)?\.gz$/;
const logsPerFile = 0x100;
/** Folders with thousands of logs are not read all the time. */
const readEveryMs = 10 * 60_000;
const timeoutMs = 20_000;

/**
 * Base backups and archived logs of a PostgreSQL of one's own, in a folder that this machine sees. Logs count up without a
 * break, over changes of the primary too: where a number is missing, nothing after it can be restored.
 */
export function archiveSource(parts: {
  readonly folder: string;
  readonly allowedAgeMs: number;
  /** Wall clock: files know no other. */
  nowMs(): number;
}): Source<'backups'> {
  const { folder, allowedAgeMs, nowMs } = parts;
  const badSince = createBadSince();
  let known: { readonly atMs: number; readonly newestMs: number | undefined; readonly missing: number } | undefined;
  let reading: Promise<void> | undefined;
  const read = async (atMs: number) => {
    const newestMs = await findNewestBackup(folder);
    known = { atMs, newestMs, missing: await countMissingLogs(join(folder, 'wal'), newestMs ?? 0) };
  };
  return {
    ...{ name: 'backups', everyMs: 30_000, timeoutMs },
    async look(deadline, atMs): Promise<BackupObservation> {
      // One that hangs with its volume is not asked twice.
      if (!known || atMs - known.atMs >= readEveryMs) {
        reading ??= read(atMs).finally(() => {
          reading = undefined;
        });
        await deadline.race(reading);
      }
      const { newestMs, missing = 0 } = known ?? {};
      const forMs = badSince.note('gap', missing > 0, atMs);
      return {
        allowedAgeMs,
        ...(newestMs !== undefined && { newestAgeMs: Math.max(0, nowMs() - newestMs) }),
        ...(missing > 0 && { gap: { logs: missing, forMs } }),
      };
    },
  };
}

/** When the newest base backup was made: its manifest is written last. */
async function findNewestBackup(folder: string): Promise<number | undefined> {
  let newestMs: number | undefined;
  let left = mostFolders;
  const walk = async (path: string, depth: number): Promise<void> => {
    left--;
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const inside = join(path, entry.name);
      if (entry.isFile() && manifests.test(entry.name)) {
        newestMs = Math.max(newestMs ?? 0, (await stat(inside)).mtimeMs);
      }
      // The files of the backup itself are many, and none of them is a manifest.
      const isContent = /^(wal|data|base|files|media|pg_\w+)$/.test(entry.name);
      if (entry.isDirectory() && !isContent && depth < deepest && left > 0) await walk(inside, depth + 1);
    }
  };
  await walk(folder, 1);
  return newestMs;
}

/** Logs that are missing before one that was archived after the time; of each database that the archive knows. */
async function countMissingLogs(folder: string, sinceMs: number): Promise<number> {
  const databases = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    // Archived by another program, which names logs otherwise.
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let missing = 0;
  for (const database of databases.filter((name) => /^\d+$/.test(name))) {
    const fileOf = new Map<number, string>();
    for (const name of await readdir(join(folder, database))) {
      const [, file, log] = logName.exec(name) ?? [];
      if (file !== undefined)
        fileOf.set(Number.parseInt(file, 16) * logsPerFile + Number.parseInt(log ?? '', 16), name);
    }
    const numbers = [...fileOf.keys()].sort((a, b) => a - b);
    for (const [index, number] of numbers.entries()) {
      const before = numbers[index - 1] ?? number - 1;
      if (number - before <= 1) continue;
      const { mtimeMs } = await stat(join(folder, database, fileOf.get(number) ?? ''));
      if (mtimeMs > sinceMs) missing += number - before - 1;
    }
  }
  return missing;
}
