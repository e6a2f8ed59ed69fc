import { type Deadline, DeadlineExceededError, startDeadline } from '@holdfast/effects/deadline.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { ResponseTooLargeError } from '../remote-servers/connections/read-response.ts';
import { RemoteServerError } from '../remote-servers/remote-server-error.ts';
import { askForFile, type RemoteFile } from './ask-for-file.ts';
import type { AvailableFile } from './available-file.ts';
import { chooseContentType } from './content-type.ts';
import { reserveSpace } from './free-space.ts';
import { storeContent } from './media-store.ts';
import { parseFileName } from './parse-content-disposition.ts';
import { MultipartError } from './read-multipart.ts';
import { addRemoteMediaCommand, shardOfRemoteMedia } from './remote-media-commands.ts';

interface RemotePlace {
  readonly serverName: string;
  readonly mediaId: string;
}

/** Files that this process fetches at the same time, in all and from one server. */
const mostAtOnce = 40;
const mostPerServer = 8;
const retryAfterMs = 5_000;
/** For so long a file that could not be had is not asked for again. */
const failureMemoryMs = 60_000;
const rememberedFailures = 10_000;
/** A client that waits longer than this for an upload at the other server asks again. */
const longestUploadWaitMs = 60_000;

interface Failure {
  readonly untilMs: number;
  readonly error: MatrixError;
}

/** What one process fetches, and what it could not. */
interface RemoteFetches {
  readonly underWay: Map<string, Promise<AvailableFile>>;
  readonly countByServer: Map<string, number>;
  readonly failures: BoundedCache<string, Failure>;
}

const fetchesByProcess = new WeakMap<object, RemoteFetches>();

function fetchesOf(context: Context): RemoteFetches {
  let fetches = fetchesByProcess.get(context.shardLog.tail);
  if (!fetches) {
    const made: RemoteFetches = {
      underWay: new Map(),
      countByServer: new Map(),
      failures: new BoundedCache(rememberedFailures),
    };
    context.metrics.observedGauge({
      name: 'holdfast_remote_media_fetches',
      help: `Files being fetched from other servers; ${mostAtOnce} at most.`,
      read: () => made.underWay.size,
    });
    fetchesByProcess.set(context.shardLog.tail, made);
    fetches = made;
  }
  return fetches;
}

/**
 * Fetches a file from its server into the store, in constant memory. Those who want the same file at the same time
 * share it. One deadline covers all of it; a failure is remembered for a minute. Throws M_NOT_FOUND,
 * M_NOT_YET_UPLOADED, M_TOO_LARGE (status 502), M_LIMIT_EXCEEDED, M_UNKNOWN with status 502 or 504.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1mediadownloadmediaid
 */
export async function fetchRemoteMedia(
  context: Context,
  place: RemotePlace,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<AvailableFile> {
  const fetches = fetchesOf(context);
  const key = `${place.serverName}/${place.mediaId}`;
  const running = fetches.underWay.get(key);
  if (running) return await running;
  const failure = fetches.failures.get(key);
  if (failure && failure.untilMs > context.clock.monotonicMs()) throw failure.error;
  const ofServer = fetches.countByServer.get(place.serverName) ?? 0;
  if (fetches.underWay.size >= mostAtOnce || ofServer >= mostPerServer) {
    throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many files are being fetched', {
      fields: { retry_after_ms: retryAfterMs },
    });
  }
  fetches.countByServer.set(place.serverName, ofServer + 1);
  const fetching = fetchAndStore(context, place, Math.min(timeoutMs, longestUploadWaitMs))
    .catch((error: unknown) => {
      const told = toldError(context, place, error);
      // What has not been uploaded yet may be there at any moment.
      if (told.errcode !== 'M_NOT_YET_UPLOADED') {
        fetches.failures.set(key, { untilMs: context.clock.monotonicMs() + failureMemoryMs, error: told });
      }
      throw told;
    })
    .finally(() => {
      fetches.underWay.delete(key);
      const left = (fetches.countByServer.get(place.serverName) ?? 1) - 1;
      if (left === 0) fetches.countByServer.delete(place.serverName);
      else fetches.countByServer.set(place.serverName, left);
    });
  fetches.underWay.set(key, fetching);
  return await fetching;
}

async function fetchAndStore(context: Context, place: RemotePlace, uploadWaitMs: number): Promise<AvailableFile> {
  const { maxRemoteBytes, remoteTimeoutMs, authenticatedDownloads } = context.config.media;
  const deadline = startDeadline(remoteTimeoutMs, `fetching a file from ${place.serverName}`, { clock: context.clock });
  let release = () => {};
  try {
    release = await reserveSpace(context, maxRemoteBytes);
    const file = await askForFile(context, place, { uploadWaitMs, maxBytes: maxRemoteBytes, deadline });
    const stored = await storeContent(context, beforeDeadline(file, deadline), maxRemoteBytes);
    const media = {
      contentType: chooseContentType(file.contentType, stored.head),
      fileName: parseFileName(file.contentDisposition) ?? null,
      sizeBytes: stored.sizeBytes,
    };
    await context.shardLog.submit(addRemoteMediaCommand, shardOfRemoteMedia(context, place), {
      ...{ ...media, serverName: place.serverName, mediaId: place.mediaId },
      content: Buffer.from(stored.hash).toString('base64'),
      authenticated: authenticatedDownloads,
    });
    return { ...media, content: stored.hash };
  } catch (error) {
    // However the connection broke: it did so because the time was over.
    deadline.check();
    throw error;
  } finally {
    release();
    deadline.finish();
  }
}

/** The bytes as they come; a peer that trickles is cut off at the deadline, whatever it still sends. */
async function* beforeDeadline({ body }: RemoteFile, deadline: Deadline): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await deadline.race(chunks.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    chunks.return?.().catch(() => {});
  }
}

/** What clients are told when a file could not be had. */
function toldError(context: Context, place: RemotePlace, error: unknown): MatrixError {
  const isTooLarge =
    error instanceof ResponseTooLargeError || (error as Partial<MatrixError>).errcode === 'M_TOO_LARGE';
  if (isTooLarge) {
    return new MatrixError('M_TOO_LARGE', 'The file is larger than this server fetches', { status: 502 });
  }
  if (error instanceof MatrixError) return error;
  if (error instanceof RemoteServerError) {
    if (error.errcode === 'M_NOT_YET_UPLOADED') {
      return new MatrixError('M_NOT_YET_UPLOADED', 'The file has not been uploaded yet');
    }
    const isAbsent = error.kind === 'refused' || error.kind === 'not-allowed';
    if (isAbsent) return new MatrixError('M_NOT_FOUND', `${place.serverName} does not give out this file`);
    const isLate = error.kind === 'timeout';
    return isLate
      ? new MatrixError('M_UNKNOWN', `${place.serverName} did not send the file in time`, { status: 504 })
      : new MatrixError('M_UNKNOWN', `${place.serverName} cannot be asked for the file now`, { status: 502 });
  }
  if (error instanceof DeadlineExceededError) {
    return new MatrixError('M_UNKNOWN', `${place.serverName} did not send the file in time`, { status: 504 });
  }
  if (error instanceof MultipartError) {
    return new MatrixError('M_UNKNOWN', `${place.serverName} sent something else than the file`, { status: 502 });
  }
  context.log.warn({ err: error, server: place.serverName }, 'a file of another server could not be fetched');
  return new MatrixError('M_UNKNOWN', `The file could not be fetched from ${place.serverName}`, { status: 502 });
}
