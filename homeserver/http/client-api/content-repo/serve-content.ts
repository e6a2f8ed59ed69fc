import { formatContentDisposition } from '../../../media/content-disposition.ts';
import { unknownContentType } from '../../../media/content-type.ts';
import { openContent } from '../../../media/open-content.ts';
import { waitForMedia } from '../../../media/wait-for-media.ts';
import type { Context } from '../../../platform/context.ts';
import type { MadeReply } from '../../reply.ts';
import { fileReply, type SentFile } from './file-reply.ts';

const defaultTimeoutMs = 20_000;

export const downloadQuerySchema = {
  type: 'object',
  properties: {
    // Without federation there is nothing to fetch from elsewhere, and nothing to redirect to.
    allow_remote: { type: 'boolean' },
    allow_redirect: { type: 'boolean' },
    timeout_ms: { type: 'integer', minimum: 0 },
  },
} as const;

export interface FileRequest {
  readonly params: { readonly serverName: string; readonly mediaId: string };
  readonly query: { readonly timeout_ms?: number };
  readonly signal: AbortSignal;
  header(name: string): string | undefined;
}

/** Answers with a file; `fileName` takes the place of the name that it was uploaded with. */
export async function serveContent(
  context: Context,
  request: FileRequest,
  { cache, fileName }: { readonly cache: SentFile['cache']; readonly fileName?: string },
): Promise<MadeReply> {
  const { params, query, signal } = request;
  const media = await waitForMedia(context, params, query.timeout_ms ?? defaultTimeoutMs, signal);
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
