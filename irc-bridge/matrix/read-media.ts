import { Readable } from 'node:stream';
import type { Clock } from '@holdfast/effects/clock.ts';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { FastifyReply } from 'fastify';
import type { OpenRequest } from '../platform/send-request.ts';
import type { LinkedMedia } from './media-links.ts';

export interface ReadMediaOptions {
  readonly url: string;
  readonly asToken: string;
  readonly clock: Clock;
  readonly open: OpenRequest;
}

/** For a whole file, however slowly it is taken. */
const mediaTimeoutMs = 10 * 60_000;
/** Files that are passed on at once; who opens a link has no account, and may open it as often as it likes. */
const mostAtOnce = 100;
/** What a browser may show as it is; everything else is saved, so that no file runs as a page of ours. */
const shown = /^(image\/(png|jpeg|gif|webp|avif)|(audio|video)\/[\w.+-]+|text\/plain)\b/;

/** Answers with a file of the homeserver. */
export type ReadMedia = (media: LinkedMedia, reply: FastifyReply) => Promise<FastifyReply>;

/** What passes files on, and knows how many it does at the moment. */
export function makeReadMedia(options: ReadMediaOptions): ReadMedia {
  let active = 0;
  return async (media, reply) => {
    if (active >= mostAtOnce) {
      const words = 'Too many files are read at the moment; try again later.';
      return reply.code(503).header('Retry-After', '30').type('text/plain').send(words);
    }
    active += 1;
    reply.raw.once('close', () => (active -= 1));
    return passOn(options, media, reply);
  };
}

/** Passes a file on from the homeserver as it comes. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid */
async function passOn(
  { url, asToken, clock, open }: ReadMediaOptions,
  media: LinkedMedia,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const left = new AbortController();
  const deadline = startDeadline(mediaTimeoutMs, 'passing a file on', { clock, signal: left.signal });
  reply.raw.once('close', () => {
    // Who leaves before the homeserver has answered waits for nothing any more.
    left.abort(new Error('nobody waits for the file'));
    deadline.finish();
  });
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
