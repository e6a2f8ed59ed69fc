import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Context } from '../../../platform/context.ts';
import { bytesReply, type MadeReply } from '../../reply.ts';

/** Read from the disk at once. */
const readBytes = 256 * 1024;

interface WrappedFile {
  readonly body: FileHandle | Uint8Array;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly contentDisposition: string;
}

/**
 * A file as servers give it to each other: its metadata, which are none yet, and its bytes. Owns the handle.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1mediadownloadmediaid
 */
export function multipartReply(context: Context, file: WrappedFile): MadeReply {
  const boundary = context.random.token(24);
  const before = Buffer.from(
    `--${boundary}\r\nContent-Type: application/json\r\n\r\n{}\r\n` +
      `--${boundary}\r\nContent-Type: ${file.contentType}\r\n` +
      `Content-Disposition: ${file.contentDisposition}\r\n\r\n`,
  );
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  const body = Readable.from(wrap(before, file.body, after), { objectMode: false });
  // A reply that is never read must not keep its file open.
  body.once('close', () => {
    if (!(file.body instanceof Uint8Array)) file.body.close().catch(() => {});
  });
  return bytesReply(body, {
    'Content-Type': `multipart/mixed; boundary=${boundary}`,
    'Content-Length': String(before.length + file.sizeBytes + after.length),
  });
}

async function* wrap(before: Uint8Array, body: FileHandle | Uint8Array, after: Uint8Array) {
  yield before;
  if (body instanceof Uint8Array) yield body;
  else yield* body.createReadStream({ highWaterMark: readBytes, autoClose: false, start: 0 });
  yield after;
}
