import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { LogTail } from '../platform/shard-log/log-tail.ts';
import { type MediaRow, readMedia } from '../storage/media/read-media.ts';
import { isQuarantined } from '../storage/media/read-quarantine.ts';

/** An uploaded file. */
export type AvailableMedia = MediaRow & { readonly content: Uint8Array; readonly sizeBytes: number };

/** Uploads through other processes are seen by asking the database so often. */
const pollMs = 1_000;
const maxWaitMs = 60_000;

/** By media id, those who wait on this process. */
const waitersByProcess = new WeakMap<LogTail, Map<string, Set<() => void>>>();

function waitersOf(context: Context): Map<string, Set<() => void>> {
  const { tail } = context.shardLog;
  let waiters = waitersByProcess.get(tail);
  if (!waiters) {
    waiters = new Map();
    waitersByProcess.set(tail, waiters);
  }
  return waiters;
}

/** Wakes those who wait for the file of an id on this process. */
export function announceUpload(context: Context, mediaId: string): void {
  for (const wake of waitersOf(context).get(mediaId) ?? []) wake();
}

/**
 * A file of this server. One that has not been uploaded yet is waited for, at most `timeoutMs` and no longer than a
 * minute. Throws M_NOT_FOUND, M_NOT_YET_UPLOADED.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
 */
export async function waitForMedia(
  context: Context,
  mediaId: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AvailableMedia> {
  const endMs = context.clock.monotonicMs() + Math.min(timeoutMs, maxWaitMs);
  for (;;) {
    const media = await readMedia(context.database, mediaId);
    const isWithheld = media && (await isQuarantined(context.database, context.serverName, mediaId));
    if (!media || media.isExpired || isWithheld) throw new MatrixError('M_NOT_FOUND', 'There is no such file');
    if (isAvailable(media)) return media;
    const leftMs = endMs - context.clock.monotonicMs();
    if (leftMs <= 0 || signal.aborted) {
      throw new MatrixError('M_NOT_YET_UPLOADED', 'The file has not been uploaded yet');
    }
    await waitForUpload(context, mediaId, Math.min(leftMs, pollMs), signal);
  }
}

function isAvailable(media: MediaRow): media is AvailableMedia {
  return media.content !== null && media.sizeBytes !== null;
}

async function waitForUpload(context: Context, mediaId: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const waiters = waitersOf(context);
  const woken = new AbortController();
  const wake = () => woken.abort();
  const waiting = waiters.get(mediaId) ?? new Set();
  waiters.set(mediaId, waiting.add(wake));
  try {
    await context.clock.sleep(timeoutMs, AbortSignal.any([signal, woken.signal]));
  } finally {
    waiting.delete(wake);
    if (waiting.size === 0 && waiters.get(mediaId) === waiting) waiters.delete(mediaId);
  }
}
