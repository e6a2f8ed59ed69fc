import type { BaseBackup } from './base-backup.ts';
import { parseLogName } from './log-name.ts';

export interface BackupFacts {
  /** The newest base backup that was checked. */
  readonly newest: BaseBackup | undefined;
  /** Of the database as it runs. */
  readonly timeline: number;
  readonly systemIdentifier: string;
  /** Names of logs that were given up. */
  readonly lost: readonly string[];
  /** By the database's clock. */
  readonly nowMs: number;
  readonly intervalMs: number;
}

/** Why a base backup is due; undefined if none is. */
export type BackupNeed = string | undefined;

/** Decides whether a base backup is due. */
export function decideBackup({ newest, timeline, systemIdentifier, lost, nowMs, intervalMs }: BackupFacts): BackupNeed {
  if (!newest) return 'there is none that was checked';
  const { manifest } = newest;
  if (manifest.systemIdentifier !== systemIdentifier) return 'the newest one is of another database';
  if (manifest.timeline !== timeline) return 'the database was restored since the newest one';
  if (lost.some((name) => parseLogName(name))) return 'logs were given up since the newest one';
  if (nowMs - Date.parse(manifest.endedAt) >= intervalMs) return 'the newest one is old enough';
  return undefined;
}
