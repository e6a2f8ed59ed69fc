import type { AvailableFile } from '../../../media/available-file.ts';
import { formatContentDisposition } from '../../../media/content-disposition.ts';
import { unknownContentType } from '../../../media/content-type.ts';
import { findMedia } from '../../../media/find-media.ts';
import { openContent } from '../../../media/open-content.ts';
import type { Context } from '../../../platform/context.ts';
import type { MadeReply } from '../../reply.ts';
import { fileReply, type SentFile } from './file-reply.ts';

const defaultTimeoutMs = 20_000;

export const downloadQuerySchema = {
  type: 'object',
  properties: {
    allow_remote: { type: 'boolean' },
    // There is nothing to redirect to.
    allow_redirect: { type: 'boolean' },
    timeout_ms: { type: 'integer', minimum: 0 },
  },
} as const;

export interface FileRequest {
  readonly params: { readonly serverName: string; readonly mediaId: string };
  readonly query: { readonly timeout_ms?: number; readonly allow_remote?: boolean };
  readonly signal: AbortSignal;
  header(name: string): string | undefined;
}

/**
 * The file that a request means. What caches on the way may keep for others is what everybody may have, whoever asks.
 */
export async function findRequestedFile(
  context: Context,
  { params, query, signal }: FileRequest,
  cache: SentFile['cache'],
): Promise<AvailableFile> {
  return await findMedia(context, params, {
    timeoutMs: query.timeout_ms ?? defaultTimeoutMs,
    signal,
    allowRemote: query.allow_remote ?? true,
    isAuthenticated: cache === 'private',
  });
}

/** Answers with a file; `fileName` takes the place of the name that it was uploaded with. */
export async function serveContent(
  context: Context,
  request: FileRequest,
  { cache, fileName }: { readonly cache: SentFile['cache']; readonly fileName?: string },
): Promise<MadeReply> {
  const media = await findRequestedFile(context, request, cache);
  const contentType = media.contentType ?? unknownContentType;
  const file: SentFile = {
    body: await openContent(context, media.content),
    sizeBytes: media.sizeBytes,
    contentType,
    contentDisposition: formatContentDisposition(contentType, fileName ?? media.fileName ?? undefined),
    etag: `"${Buffer.from(media.content).toString('base64url')}"`,
    cache,
  };
  return await fileReply(file, request);
}
