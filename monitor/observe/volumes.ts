import { access, constants, statfs } from 'node:fs/promises';
import type { Sample } from '../observations/sample.ts';
import type { VolumeObservation } from '../observations/volumes.ts';
import { addSample } from './sample-history.ts';
import type { Source } from './source.ts';

export interface WatchedFolder {
  readonly path: string;
  /** Such as `media`. */
  readonly holds: string;
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
  readFileSystem?(path: string): Promise<FileSystemFacts>;
  isWritable?(path: string): Promise<boolean>;
}

/** The folders that Holdfast keeps things in. */
export function volumesSource(parts: VolumesParts): Source<'volumes'> {
  const { folders, readFileSystem = statfs, isWritable = canWrite } = parts;
  const histories = new Map<string, readonly Sample[]>();
  return {
    ...{ name: 'volumes', everyMs: 10_000, timeoutMs: 8_000 },
    look: (deadline, atMs) =>
      Promise.all(
        folders.map(async ({ path, holds }): Promise<VolumeObservation> => {
          const facts = await deadline.race(readFileSystem(path));
          const samples = addSample(histories.get(path) ?? [], { atMs, value: facts.bavail * facts.bsize });
          histories.set(path, samples);
          return {
            ...{ path, holds, sizeBytes: facts.blocks * facts.bsize, availableBytes: samples },
            ...(facts.files > 0 && { inodes: { available: facts.ffree, total: facts.files } }),
            isReadOnly: !(await deadline.race(isWritable(path))),
          };
        }),
      ),
  };
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
