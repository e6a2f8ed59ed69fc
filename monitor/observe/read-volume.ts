import { access, constants, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WatchedFolder } from './watched-folders.ts';

/** The part of the file system's answer that counts. `bfree` is not among it: it counts what is kept for root. */
export interface FileSystemFacts {
  readonly type: number;
  readonly bsize: number;
  readonly blocks: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

/** What one look at a folder gives. */
export interface VolumeFacts {
  /** Folders with the same one are on the same volume. */
  readonly volume: string;
  /** Where it is, for people. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly availableBytes: number;
  readonly inodes?: { readonly available: number; readonly total: number };
  readonly isReadOnly: boolean;
  /** What PostgreSQL's logs take, where they are on it and can be seen. */
  readonly logBytes?: number;
}

export interface VolumeReaders {
  readFileSystem?(path: string): Promise<FileSystemFacts>;
  isWritable?(path: string): Promise<boolean>;
  /** Number of the device that a folder is on. */
  readDevice?(path: string): Promise<number>;
}

/** Looks at a folder of this machine. Hangs for as long as the file system does, as one over a network may. */
export async function readVolume(folder: WatchedFolder, readers: VolumeReaders): Promise<VolumeFacts> {
  const { readFileSystem = statfs, isWritable = canWrite, readDevice = askDevice } = readers;
  const path = folder.mayBeMissing ? await findExisting(folder.path) : folder.path;
  const { bsize, blocks, bavail, files, ffree } = await readFileSystem(path);
  const device = await readDevice(path);
  const logBytes = folder.logs === undefined ? undefined : await measureLogs(folder.logs);
  return {
    ...{ volume: `device ${device}`, path: folder.path, sizeBytes: blocks * bsize, availableBytes: bavail * bsize },
    ...(files > 0 && { inodes: { available: ffree, total: files } }),
    isReadOnly: !(await isWritable(path)),
    ...(logBytes !== undefined && { logBytes }),
  };
}

async function askDevice(path: string): Promise<number> {
  return (await stat(path)).dev;
}

async function findExisting(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  return isThere || dirname(path) === path ? path : findExisting(dirname(path));
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
