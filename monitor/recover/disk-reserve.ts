import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const chunkBytes = 1024 * 1024;

/** A file that only holds room, which is given to the database when there is no other. */
export interface DiskReserve {
  readonly sizeBytes: number;
  isHeld(): Promise<boolean>;
  /** Writes it in whole: room that is only promised helps nobody. Leaves nothing behind when the disk is full. */
  fill(): Promise<void>;
  release(): Promise<void>;
}

export function openDiskReserve(path: string, sizeBytes: number): DiskReserve {
  const release = () => rm(path, { force: true });
  return {
    ...{ sizeBytes, release },
    isHeld: () =>
      stat(path).then(
        () => true,
        () => false,
      ),
    async fill() {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(path, 'w', 0o600);
      try {
        const chunk = Buffer.alloc(chunkBytes, 'holdfast');
        for (let written = 0; written < sizeBytes; written += chunkBytes) {
          await file.write(chunk, 0, Math.min(chunkBytes, sizeBytes - written));
        }
        await file.sync();
      } catch (error) {
        await release();
        throw error;
      } finally {
        await file.close();
      }
    },
  };
}
