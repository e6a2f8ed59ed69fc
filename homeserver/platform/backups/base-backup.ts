import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { baseFolder } from './backup-folder.ts';
import { type ArchivedLog, followLogs, type LogName, logNumberOf } from './log-name.ts';
import type { FileContent } from './packed-file.ts';

export interface BackedUpFile extends FileContent {
  /** Below the data folder. */
  readonly path: string;
}

/** `backup.json` of a base backup. */
export interface BackupManifest {
  readonly format: 1;
  /** Such as `18.4`. */
  readonly postgresVersion: string;
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** Places in the log: what lies between them is needed in any case. */
  readonly startPlace: string;
  readonly stopPlace: string;
  /** By the database's clock, ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly folders: readonly string[];
  readonly files: readonly BackedUpFile[];
}

export interface BaseBackup {
  /** The name of its folder: when it was begun. */
  readonly id: string;
  readonly folder: string;
  readonly manifest: BackupManifest;
  readonly storedBytes: number;
  /** When every file of it, and every log that it needs, was last found whole; ISO 8601. */
  readonly verifiedAt: string | undefined;
}

/** The names in a base backup's folder. */
export const names = {
  manifest: 'backup.json',
  verified: 'verified.json',
  /** The passwords of the database's roles. */
  passwords: 'passwords.json',
  files: 'files',
  unfinished: '.unfinished',
} as const;

const text = { type: 'string', maxLength: 1_000 };
const isManifest = new Ajv().compile<BackupManifest>({
  type: 'object',
  required: [
    ...['format', 'postgresVersion', 'systemIdentifier', 'timeline', 'startPlace', 'stopPlace'],
    ...['startedAt', 'endedAt', 'folders', 'files'],
  ],
  properties: {
    ...{ format: { const: 1 }, postgresVersion: text, systemIdentifier: text, startedAt: text, endedAt: text },
    ...{ timeline: { type: 'integer', minimum: 1 }, startPlace: text, stopPlace: text },
    folders: { type: 'array', items: text },
    files: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'sizeBytes', 'sha256'],
        properties: { path: text, sizeBytes: { type: 'integer', minimum: 0 }, sha256: text },
      },
    },
  },
});

/** The finished base backups, oldest first. One whose `backup.json` cannot be read is left out; it is none. */
export async function listBaseBackups(folder: string): Promise<BaseBackup[]> {
  const found = await readdir(baseFolder(folder)).catch(() => []);
  const ids = found.filter((name) => /^\d{8}T\d{6}Z$/.test(name)).sort();
  const backups = await Promise.all(ids.map((id) => readBaseBackup(join(baseFolder(folder), id), id)));
  return backups.filter((backup) => backup !== undefined);
}

/** Undefined where it is none, or one that leads elsewhere. */
export function parseManifest(written: string | undefined): BackupManifest | undefined {
  const manifest = parseJson(written);
  return isManifest(manifest) && [...manifest.folders, ...manifest.files.map(({ path }) => path)].every(isInside)
    ? manifest
    : undefined;
}

async function readBaseBackup(folder: string, id: string): Promise<BaseBackup | undefined> {
  const manifest = parseManifest(await readText(join(folder, names.manifest)));
  if (!manifest) return undefined;
  const verified = parseJson(await readText(join(folder, names.verified))) as { verifiedAt?: string } | undefined;
  const sizes = await Promise.all(
    manifest.files.map(async ({ path }) => (await stat(packedPath(folder, path)).catch(() => undefined))?.size ?? 0),
  );
  const storedBytes = sizes.reduce((sum, size) => sum + size, 0);
  return { id, folder, manifest, storedBytes, verifiedAt: verified?.verifiedAt };
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

function parseJson(written: string | undefined): unknown {
  try {
    return JSON.parse(written ?? '') as unknown;
  } catch {
    return undefined;
  }
}

/** A backup comes from a disk that others may write to: no path of it leads out of the folder. */
function isInside(path: string): boolean {
  return !path.startsWith('/') && !path.split('/').includes('..');
}

export function packedPath(folder: string, path: string): string {
  return join(folder, names.files, `${path}.gz`);
}

/** The first log that the backup needs. */
export function firstLogOf({ timeline, startPlace }: BackupManifest): LogName {
  return { timeline, number: logNumberOf(startPlace) };
}

export interface BackupReach {
  /** The logs that follow the backup without a hole. */
  readonly logs: readonly ArchivedLog[];
  /** Whether they go to the end of the backup at least; without that it cannot be restored. */
  readonly isWhole: boolean;
  /** When the last of them was stored; about as far as one can go. */
  readonly untilMs: number | undefined;
}

/** How far one can go from a base backup with the logs that are there. */
export function reachOf({ manifest }: BaseBackup, logs: readonly ArchivedLog[]): BackupReach {
  const followed = followLogs(logsOf(logs, manifest.systemIdentifier), firstLogOf(manifest));
  const last = followed.at(-1);
  const isWhole = last !== undefined && last.number >= logNumberOf(manifest.stopPlace);
  return { logs: followed, isWhole, untilMs: isWhole ? last.storedAtMs : undefined };
}

/** The logs of one database. */
export function logsOf(logs: readonly ArchivedLog[], system: string): ArchivedLog[] {
  return logs.filter(({ systemIdentifier = system }) => systemIdentifier === system);
}

/** The sum of the files as they are in the database. */
export function sizeOf({ manifest }: BaseBackup): number {
  return manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
