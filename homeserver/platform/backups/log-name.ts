import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { logFolder } from './backup-folder.ts';

/** The size of PostgreSQL's log files, as initdb sets it. */
export const logSizeBytes = 16 * 1024 * 1024;
const logsPerHigh = 0x1_0000_0000 / logSizeBytes;
const namePattern = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;

/** A file of the log: which history it belongs to, and its number in it. */
export interface LogName {
  readonly timeline: number;
  readonly number: number;
}

/** Undefined for other files, such as histories of timelines. */
export function parseLogName(name: string): LogName | undefined {
  const match = namePattern.exec(name);
  if (!match) return undefined;
  const [timeline = 0, high = 0, low = 0] = match.slice(1).map((part) => Number.parseInt(part, 16));
  return { timeline, number: high * logsPerHigh + low };
}

export function formatLogName({ timeline, number }: LogName): string {
  const parts = [timeline, Math.floor(number / logsPerHigh), number % logsPerHigh];
  return parts.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('');
}

/** The number of the file that holds a place in the log, such as `1/A4000028`. */
export function logNumberOf(place: string): number {
  const [high = 0, low = 0] = place.split('/').map((part) => Number.parseInt(part, 16));
  return high * logsPerHigh + Math.floor(low / logSizeBytes);
}

export interface ArchivedLog extends LogName {
  /** Of the database that it belongs to; undefined: it was stored before each database had a folder of its own. */
  readonly systemIdentifier: string | undefined;
  readonly file: string;
  readonly storedBytes: number;
  /** By the disk, which is data and decides nothing. */
  readonly storedAtMs: number;
}

/** All archived logs, by number and timeline. */
export async function listArchivedLogs(folder: string): Promise<ArchivedLog[]> {
  const names = await readdir(logFolder(folder)).catch(() => []);
  const systems = names.filter((name) => /^\d{1,20}$/.test(name));
  const lists = [undefined, ...systems].map((system) => listLogsOf(folder, system));
  return (await Promise.all(lists))
    .flat()
    .sort((one, other) => one.number - other.number || one.timeline - other.timeline);
}

async function listLogsOf(folder: string, systemIdentifier: string | undefined): Promise<ArchivedLog[]> {
  const place = join(logFolder(folder), systemIdentifier ?? '');
  const names = await readdir(place).catch(() => []);
  const logs = await Promise.all(
    names.map(async (fileName): Promise<ArchivedLog | undefined> => {
      const name = fileName.endsWith('.gz') ? parseLogName(fileName.slice(0, -'.gz'.length)) : undefined;
      const file = join(place, fileName);
      const found = name && (await stat(file).catch(() => undefined));
      return name && found && { ...name, systemIdentifier, file, storedBytes: found.size, storedAtMs: found.mtimeMs };
    }),
  );
  return logs.filter((log) => log !== undefined);
}

/** The logs that follow each other without a hole from `first` on, in its timeline or one that came out of it. */
export function followLogs(logs: readonly ArchivedLog[], first: LogName): ArchivedLog[] {
  const followed: ArchivedLog[] = [];
  let expected = first.number;
  for (const log of logs) {
    if (log.number < first.number || log.timeline < first.timeline) continue;
    if (log.number > expected) break;
    followed.push(log);
    expected = log.number + 1;
  }
  return followed;
}
