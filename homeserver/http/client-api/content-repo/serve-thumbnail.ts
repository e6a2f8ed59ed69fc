import { findThumbnail } from '../../../media/find-thumbnail.ts';
import type { Context } from '../../../platform/context.ts';
import type { MadeReply } from '../../reply.ts';
import { fileReply, type SentFile } from './file-reply.ts';
import { downloadQuerySchema, type FileRequest, findRequestedFile } from './serve-content.ts';

const maxSide = 1_000_000;

export const thumbnailQuerySchema = {
  type: 'object',
  properties: {
    ...downloadQuerySchema.properties,
    width: { type: 'integer', minimum: 1, maximum: maxSide },
    height: { type: 'integer', minimum: 1, maximum: maxSide },
    method: { enum: ['crop', 'scale'] },
    animated: { type: 'boolean' },
  },
  required: ['width', 'height'],
} as const;

interface ThumbnailFileRequest extends FileRequest {
  readonly query: FileRequest['query'] & {
    readonly width: number;
    readonly height: number;
    readonly method?: 'crop' | 'scale';
    readonly animated?: boolean;
  };
}

/** Answers with a thumbnail of a file. */
export async function serveThumbnail(
  context: Context,
  request: ThumbnailFileRequest,
  cache: SentFile['cache'],
): Promise<MadeReply> {
  const media = await findRequestedFile(context, request, cache);
  const { width, height, method = 'scale', animated = false } = request.query;
  const { contentType, body, sizeBytes, name } = await findThumbnail(context, media.content, {
    ...{ width, height, method, animated },
  });
  const file: SentFile = {
    ...{ body, sizeBytes, contentType, cache },
    contentDisposition: `inline; filename="thumbnail.${contentType.replace('image/', '')}"`,
    etag: `"${Buffer.from(media.content).toString('base64url')}-${name}"`,
  };
  return await fileReply(file, request);
}
