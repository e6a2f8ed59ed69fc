import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BackupError } from '../backup-error.ts';
import { type Bucket, timeoutFor } from './bucket.ts';
import { encodePart } from './sign-request.ts';

/** What a bucket has under a name. */
export interface StoredObject {
  /** Below the prefix. */
  readonly key: string;
  readonly sizeBytes: number;
  /** By the service's clock. */
  readonly storedAtMs: number;
}

/** A part is held in memory. The service wants 5 MiB at least, and takes 10,000 of them. */
const partBytes = 8 * 1024 * 1024;
const pagesLimit = 20_000;
const downloadTries = 3;

/** Stores a file: in one piece, or in parts where it is large. It is there whole or not at all. */
export async function putFile(bucket: Bucket, key: string, file: string, signal?: AbortSignal): Promise<number> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size <= partBytes) {
      await bucket.ask({ method: 'PUT', key, body: await readPart(handle, 0, size), signal });
    } else {
      await putParts(bucket, key, size, (position, bytes) => readPart(handle, position, bytes), signal);
    }
    return size;
  } finally {
    await handle.close();
  }
}

async function readPart(handle: Awaited<ReturnType<typeof open>>, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled, position + filled);
    if (bytesRead === 0) throw new BackupError('a file became shorter while it was stored in the bucket');
    filled += bytesRead;
  }
  return buffer;
}

async function putParts(
  bucket: Bucket,
  key: string,
  size: number,
  read: (position: number, bytes: number) => Promise<Buffer>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const begun = await bucket.ask({ method: 'POST', key, query: { uploads: '' }, signal });
  const uploadId = readTag(begun.text, 'UploadId');
  if (uploadId === undefined) throw new BackupError('the bucket gave no id for a file in parts');
  try {
    const parts: string[] = [];
    for (let position = 0; position < size; position += partBytes) {
      const partNumber = parts.length + 1;
      const body = await read(position, Math.min(partBytes, size - position));
      const query = { partNumber: String(partNumber), uploadId };
      const { headers } = await bucket.ask({ method: 'PUT', key, query, body, signal });
      parts.push(`<Part><PartNumber>${partNumber}</PartNumber><ETag>${headers.etag ?? ''}</ETag></Part>`);
    }
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
    await bucket.ask({ method: 'POST', key, query: { uploadId }, body, signal });
  } catch (error) {
    // Parts that nobody puts together are paid for all the same.
    await bucket.ask({ method: 'DELETE', key, query: { uploadId } }).catch(() => undefined);
    throw error;
  }
}

/** All that is below the prefix and `under`. */
export async function* listObjects(bucket: Bucket, under: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
  const { prefix } = bucket.place;
  let token: string | undefined;
  for (let page = 0; page < pagesLimit; page += 1) {
    const { text } = await bucket.ask({
      method: 'GET',
      query: {
        'encoding-type': 'url',
        'list-type': '2',
        prefix: `${prefix}/${under}`,
        ...(token !== undefined && { 'continuation-token': token }),
      },
      signal,
    });
    for (const [, entry = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = decodeURIComponent((readTag(entry, 'Key') ?? '').replaceAll('+', '%20'));
      const storedAtMs = Date.parse(readTag(entry, 'LastModified') ?? '');
      // A name that leads out of the folder that it comes into is none of ours.
      if (!key.startsWith(`${prefix}/`) || key.split('/').includes('..')) continue;
      yield { key: key.slice(prefix.length + 1), sizeBytes: Number(readTag(entry, 'Size')), storedAtMs };
    }
    token = readTag(text, 'NextContinuationToken');
    if (token === undefined) return;
  }
  throw new BackupError(`the bucket has more than ${pagesLimit} pages below ${encodePart(prefix, true)}`);
}

/** Brings an object into a file, whole or not at all. Throws BackupError. */
export async function getFile(bucket: Bucket, object: StoredObject, file: string, signal?: AbortSignal): Promise<void> {
  const partial = `${file}.partial`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    await rm(partial, { force: true });
    try {
      const { key, sizeBytes } = object;
      await bucket.stream({ method: 'GET', key, signal }, timeoutFor(sizeBytes), async (body) => {
        const target = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
        await pipeline(body, target, { signal });
        if (target.bytesWritten !== sizeBytes) throw new BackupError(`${key} came with ${target.bytesWritten} bytes`);
      });
      await rename(partial, file);
      return;
    } catch (error) {
      await rm(partial, { force: true });
      if (attempt === downloadTries || signal?.aborted) throw error;
    }
  }
}

export async function deleteObject(bucket: Bucket, key: string, signal?: AbortSignal): Promise<void> {
  await bucket.ask({ method: 'DELETE', key, signal });
}

function readTag(text: string, tag: string): string | undefined {
  const found = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1];
  return found
    ?.replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
