import { access, constants, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from '../observations/sample.ts';
import type { VolumeObservation } from '../observations/volumes.ts';
import { addSample } from './sample-history.ts';
import type { Source } from './source.ts';

export interface WatchedFolder {
  readonly path: string;
  /** Such as `media`. */
  readonly holds: string;
  /** Where PostgreSQL keeps its logs, if it is on this volume. */
  readonly logs?: string;
}

/** The part of the file system's answer that counts. `bfree` is not among it: it counts what is kept for root. */
export interface FileSystemFacts {
  readonly type: number;
  readonly bsize: number;
  readonly blocks: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

export interface VolumesParts {
  readonly folders: readonly WatchedFolder[];
  /** What PostgreSQL's logs come to before they are used again; undefined until it was asked. */
  readLogLimit(): number | undefined;
  readFileSystem?(path: string): Promise<FileSystemFacts>;
  isWritable?(path: string): Promise<boolean>;
}

/** The folders that Holdfast keeps things in. */
export function volumesSource(parts: VolumesParts): Source<'volumes'> {
  const { folders, readFileSystem = statfs, isWritable = canWrite, readLogLimit } = parts;
  const histories = new Map<string, readonly Sample[]>();
  const besidesLogs = new Map<string, readonly Sample[]>();
  return {
    ...{ name: 'volumes', everyMs: 10_000, timeoutMs: 8_000 },
    look: (deadline, atMs) =>
      Promise.all(
        folders.map(async ({ path, holds, logs }): Promise<VolumeObservation> => {
          const facts = await deadline.race(readFileSystem(path));
          const available = facts.bavail * facts.bsize;
          const samples = addSample(histories.get(path) ?? [], { atMs, value: available });
          histories.set(path, samples);
          const logBytes = logs === undefined ? undefined : await deadline.race(measureLogs(logs));
          const logLimit = readLogLimit();
          if (logBytes !== undefined && logLimit !== undefined) {
            const value = available - Math.max(0, logLimit - logBytes);
            besidesLogs.set(path, addSample(besidesLogs.get(path) ?? [], { atMs, value }));
          }
          const besides = besidesLogs.get(path);
          return {
            ...{ path, holds, sizeBytes: facts.blocks * facts.bsize, availableBytes: samples },
            ...(besides && { besidesLogsBytes: besides }),
            ...(facts.files > 0 && { inodes: { available: facts.ffree, total: facts.files } }),
            isReadOnly: !(await deadline.race(isWritable(path))),
          };
        }),
      ),
  };
}

/** What the logs in `pg_wal` take, which are all of one size; undefined where nobody lets the monitor look. */
async function measureLogs(folder: string): Promise<number | undefined> {
  try {
    const logs = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name));
    const [first] = logs;
    return first === undefined ? 0 : logs.length * (await stat(join(folder, first))).size;
  } catch {
    return undefined;
  }
}

/** A file system that the kernel has made read-only says EROFS; what the user may not write is another matter. */
async function canWrite(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EROFS';
  }
}
