import type { FileHandle } from 'node:fs/promises';
import { bytesReply, type MadeReply, type ReplyHeaders } from '../../reply.ts';
import { parseByteRange } from './byte-range.ts';

/** What a file is sent with; its bytes never change. */
export interface SentFile {
  readonly body: FileHandle | Uint8Array;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly contentDisposition: string;
  /** Names the bytes. */
  readonly etag: string;
  /** Whether caches on the way may keep it for others. */
  readonly cache: 'public' | 'private';
}

/** Whatever a file holds, it runs nothing and asks for nothing. */
const contentSecurityPolicy =
  "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; object-src 'self';";

const noBytes = new Uint8Array(0);
/** Read from the disk at once. */
const readBytes = 256 * 1024;

/**
 * A file, a part of it (206), that the client has it already (304), or that it has no such part (416). Owns the handle.
 * https://spec.matrix.org/v1.19/client-server-api/#content-repository
 */
export async function fileReply(
  file: SentFile,
  request: { header(name: string): string | undefined },
): Promise<MadeReply> {
  const { body, sizeBytes, etag } = file;
  const headers = fileHeaders(file);
  if (matchesEtag(request.header('if-none-match'), etag)) {
    await closeBody(body);
    return bytesReply(noBytes, headers, 304);
  }
  const ifRange = request.header('if-range');
  const range =
    ifRange === undefined || ifRange === etag ? parseByteRange(request.header('range'), sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    await closeBody(body);
    return bytesReply(noBytes, { 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': '0' }, 416);
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
  const length = { 'Content-Length': String(end - start + 1) };
  const part = range && { 'Content-Range': `bytes ${start}-${end}/${sizeBytes}` };
  return bytesReply(await openPart(body, start, end), { ...headers, ...length, ...part }, range ? 206 : 200);
}

async function openPart(body: FileHandle | Uint8Array, start: number, end: number) {
  if (body instanceof Uint8Array) return body.subarray(start, end + 1);
  if (end < start) {
    await body.close();
    return noBytes;
  }
  return body.createReadStream({ start, end, highWaterMark: readBytes });
}

async function closeBody(body: FileHandle | Uint8Array): Promise<void> {
  if (!(body instanceof Uint8Array)) await body.close();
}

function fileHeaders({ contentType, contentDisposition, etag, cache }: SentFile): ReplyHeaders {
  return {
    'Content-Type': contentType,
    'Content-Disposition': contentDisposition,
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': `${cache}, max-age=31536000, immutable`,
    'Accept-Ranges': 'bytes',
    ETag: etag,
  };
}

function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === etag);
}
