import { type FileHandle, open } from 'node:fs/promises';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { contentPath } from './media-store.ts';

/** Opens the bytes of an uploaded file. Throws M_NOT_FOUND when the store has lost them, which is logged. */
export async function openContent(context: Context, hash: Uint8Array): Promise<FileHandle> {
  const path = contentPath(context, hash);
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    context.log.error({ path }, 'a file is missing from the media store');
    throw new MatrixError('M_NOT_FOUND', 'There is no such file');
  }
}
