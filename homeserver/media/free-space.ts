import { mkdir, statfs } from 'node:fs/promises';
import type { Context } from '../platform/context.ts';
import { diskFull, storeFolder } from './media-store.ts';

const mebibyte = 1024 * 1024;
/** What uploads leave free: the database may lie on the same disk, and a full one stops it. */
const smallestReserveBytes = 256 * mebibyte;
const largestReserveBytes = 5 * 1024 * mebibyte;
const reservedShare = 0.02;

/** Bytes that running uploads of this process may still write, per store. */
const promised = new Map<string, number>();

/**
 * Sets space aside for an upload of at most `sizeBytes` and returns how to give it back. Throws M_UNKNOWN with status
 * 507 when too little would be left. Blocks that the file system keeps for root do not count as free.
 */
export async function reserveSpace(context: Context, sizeBytes: number): Promise<() => void> {
  const folder = storeFolder(context);
  await mkdir(folder, { recursive: true });
  const disk = await statfs(folder);
  const reserveBytes = Math.min(
    largestReserveBytes,
    Math.max(smallestReserveBytes, disk.blocks * disk.bsize * reservedShare),
  );
  const already = promised.get(folder) ?? 0;
  const leftBytes = disk.bavail * disk.bsize - already - sizeBytes;
  if (leftBytes < reserveBytes) {
    context.log.error({ leftBytes, reserveBytes }, 'an upload was refused: the disk of the media store is nearly full');
    throw diskFull();
  }
  promised.set(folder, already + sizeBytes);
  let isGivenBack = false;
  return () => {
    if (isGivenBack) return;
    isGivenBack = true;
    promised.set(folder, (promised.get(folder) ?? 0) - sizeBytes);
  };
}
