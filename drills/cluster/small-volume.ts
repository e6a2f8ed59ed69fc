import { execFile, execFileSync } from 'node:child_process';
import { mkdir, open, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const commandTimeoutMs = 30_000;
const chunkBytes = 64 * 1024;
/** File systems need some of their room for themselves. */
const lastBytes = 4 * 1024 * 1024;

/** A file system of its own, in a file, that can be filled without harm to others. */
export interface SmallVolume {
  readonly folder: string;
  /** Takes all the room that is left at this moment. */
  fill(): Promise<void>;
  /** Gives back what fill() took. */
  free(): Promise<void>;
  unmount(): Promise<void>;
}

/** Makes a volume of `sizeBytes` in `parent` and mounts it. Needs root; says so where it cannot be done. */
export async function mountSmallVolume(parent: string, sizeBytes: number): Promise<SmallVolume> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(
      'a volume that can be filled is a mounted file, which needs Linux and root: run this drill as root',
    );
  }
  const [image, folder] = [join(parent, 'volume.img'), join(parent, 'volume')];
  await writeFile(image, '');
  await truncate(image, sizeBytes);
  // Nothing is kept for root, who fills it.
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', image], { timeout: commandTimeoutMs });
  await mkdir(folder);
  await run('mount', ['-o', 'loop', image, folder], { timeout: commandTimeoutMs });
  const ballast = join(folder, 'ballast');
  // A drill that is interrupted leaves nothing mounted.
  const unmountAtExit = () => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
  process.once('exit', unmountAtExit);
  const unmount = async () => {
    process.off('exit', unmountAtExit);
    await run('umount', ['-l', folder], { timeout: commandTimeoutMs });
    await rm(image, { force: true });
  };
  return {
    folder,
    async fill() {
      const { bavail, bsize } = await statfs(folder);
      const taken = (await stat(ballast).catch(() => undefined))?.size ?? 0;
      // Nearly all of it at once; the rest is written, down to the last block.
      const wantedBytes = bavail * bsize - lastBytes;
      if (wantedBytes > 0) {
        const args = ['-o', String(taken), '-l', String(wantedBytes), ballast];
        await run('fallocate', args, { timeout: commandTimeoutMs }).catch(() => {});
      }
      const handle = await open(ballast, 'a');
      try {
        for (;;) await handle.appendFile(Buffer.alloc(chunkBytes, 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        await handle.close();
      }
    },
    free: () => rm(ballast, { force: true }),
    unmount,
  };
}
