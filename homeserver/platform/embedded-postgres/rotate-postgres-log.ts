import { copyFile, open, rename, stat, truncate } from 'node:fs/promises';

const tailBytes = 4_000;

/**
 * Keeps PostgreSQL's log within `limitBytes` and one older file of that size. PostgreSQL holds the file open and goes
 * on appending, so it is copied and cut, not renamed; lines written between the two steps are lost.
 */
export async function rotatePostgresLog(file: string, limitBytes: number): Promise<boolean> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size <= limitBytes) return false;
  await copyFile(file, `${file}.1.partial`);
  await rename(`${file}.1.partial`, `${file}.1`);
  await truncate(file, 0);
  return true;
}

/** The last lines of the log, for an error message. */
export async function readLogTail(file: string): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(tailBytes), 0, tailBytes, start);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}
