import { rm } from 'node:fs/promises';
import { type BaseBackup, firstLogOf } from './base-backup.ts';
import type { ArchivedLog } from './log-name.ts';

const dayMs = 24 * 3_600_000;

export interface KeptBackups {
  /** Without the ones that may go. */
  readonly backups: readonly BaseBackup[];
  readonly deletedBackups: readonly BaseBackup[];
  readonly deletedLogs: readonly ArchivedLog[];
}

/**
 * Which backups may go: with `keepFromMs`, the newest checked one from before that is still needed to go back that far,
 * all older ones are not. Without room (`isShort`) only the newest checked one and what is newer stays. Logs go with the
 * last base backup that needs them. Where none has been checked, nothing goes.
 */
export function chooseKept(
  backups: readonly BaseBackup[],
  logs: readonly ArchivedLog[],
  { keepFromMs, isShort }: { keepFromMs: number; isShort: boolean },
): KeptBackups {
  const verified = backups.filter(({ verifiedAt }) => verifiedAt !== undefined);
  const oldEnough = verified.filter(({ manifest }) => Date.parse(manifest.endedAt) <= keepFromMs);
  const first = isShort ? verified.at(-1) : oldEnough.at(-1);
  if (!first) return { backups, deletedBackups: [], deletedLogs: [] };
  const index = backups.indexOf(first);
  const kept = backups.slice(index);
  const isUnneeded = ({ systemIdentifier, number, storedAtMs }: ArchivedLog): boolean => {
    const oldest = kept.find(
      ({ manifest }) => (systemIdentifier ?? manifest.systemIdentifier) === manifest.systemIdentifier,
    );
    if (oldest) return number < firstLogOf(oldest.manifest).number;
    // A database that was given up, or one so young that it has no base backup yet.
    return storedAtMs < Date.parse(first.manifest.startedAt) - dayMs;
  };
  return {
    backups: kept,
    deletedBackups: backups.slice(0, index),
    deletedLogs: logs.filter((log) => isUnneeded(log)),
  };
}

/** The manifest goes first: a backup that is deleted in part is none. */
export async function deleteBackups({ deletedBackups, deletedLogs }: KeptBackups): Promise<void> {
  for (const { folder } of deletedBackups) {
    await rm(`${folder}/backup.json`, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
  for (const { file } of deletedLogs) await rm(file, { force: true });
}
