import { Readable } from 'node:stream';
import type { Clock } from '@holdfast/effects/clock.ts';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { FastifyReply } from 'fastify';
import type { OpenRequest } from '../platform/send-request.ts';

export interface ReadMediaOptions {
  readonly url: string;
  readonly asToken: string;
  readonly clock: Clock;
  readonly open: OpenRequest;
}

/** For a whole file, however slowly it is taken. */
const mediaTimeoutMs = 10 * 60_000;
/** What a browser may show as it is; everything else is saved, so that no file runs as a page of ours. */
const shown = /^(image\/(png|jpeg|gif|webp|avif)|(audio|video)\/[\w.+-]+|text\/plain)\b/;

/** Passes a file on from the homeserver as it comes. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid */
export async function readMedia(
  { url, asToken, clock, open }: ReadMediaOptions,
  media: { readonly serverName: string; readonly mediaId: string },
  reply: FastifyReply,
): Promise<FastifyReply> {
  const deadline = startDeadline(mediaTimeoutMs, 'passing a file on', { clock });
  reply.raw.once('close', () => deadline.finish());
  const path = `_matrix/client/v1/media/download/${encodeURIComponent(media.serverName)}/${encodeURIComponent(media.mediaId)}`;
  const headers = { Authorization: `Bearer ${asToken}` };
  const answer = await open({ method: 'GET', url: `${url}/${path}`, headers }, deadline).catch(() => undefined);
  if (answer?.status !== 200) return reply.code(404).type('text/plain').send('This file is not there any more.');
  const type = answer.header('content-type') ?? 'application/octet-stream';
  const length = answer.header('content-length');
  void reply
    .header('Content-Type', shown.test(type) ? type : 'application/octet-stream')
    .header('Content-Disposition', shown.test(type) ? 'inline' : 'attachment')
    .header('Content-Security-Policy', "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'")
    .header('X-Content-Type-Options', 'nosniff')
    .header('Cache-Control', 'private, max-age=3600')
    .header('Referrer-Policy', 'no-referrer');
  if (length !== null) void reply.header('Content-Length', length);
  return reply.send(Readable.from(answer.body));
}
