import type { Readable } from 'node:stream';
import type { Clock } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { uploadMedia } from '../../../media/upload-media.ts';
import type { Context } from '../../../platform/context.ts';
import type { Requester } from '../../endpoint.ts';
import { ClientGoneError } from '../../read-body.ts';
import { plainText } from '../../schemas.ts';

/** So much more of a file that is refused is thrown away, so that its sender can read our answer. */
const largestDiscardBytes = 16 * 1024 * 1024;
const discardTimeoutMs = 5_000;

export const uploadQuerySchema = { type: 'object', properties: { filename: plainText(1_024) } } as const;

interface UploadRequest {
  readonly requester: Requester;
  readonly query: { readonly filename?: string };
  readonly stream: Readable;
  header(name: string): string | undefined;
}

/** Stores the body of a request as a file and returns its mxc:// URI; `mediaId` is of one that was made before. */
export async function receiveUpload(context: Context, request: UploadRequest, mediaId?: string): Promise<string> {
  const { requester, query, stream } = request;
  const length = request.header('content-length');
  try {
    return await uploadMedia(context, {
      userId: requester.userId,
      ...(mediaId !== undefined && { mediaId }),
      contentType: request.header('content-type'),
      fileName: query.filename,
      sizeBytes: length === undefined ? undefined : Number(length),
      // A refused body must not take the connection with it: the refusal still has to be sent.
      source: stream.iterator({ destroyOnReturn: false }),
    });
  } catch (error) {
    if (error instanceof MatrixError) await discardRest(context.clock, stream);
    else if (stream.destroyed && !stream.readableEnded) throw new ClientGoneError();
    throw error;
  }
}

async function discardRest(clock: Clock, stream: Readable): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return;
  let sizeBytes = 0;
  await new Promise<void>((resolve) => {
    const timer = clock.startTimer(discardTimeoutMs, () => finish());
    const finish = () => {
      timer.cancel();
      stream.off('data', count).off('end', finish).off('close', finish);
      stream.on('error', () => {}).pause();
      resolve();
    };
    const count = (chunk: Uint8Array) => {
      sizeBytes += chunk.length;
      if (sizeBytes > largestDiscardBytes) finish();
    };
    stream.on('error', finish).on('data', count).on('end', finish).on('close', finish);
  });
}
