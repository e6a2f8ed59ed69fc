import { createHash } from 'node:crypto';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { readPublicStatus } from '../../administration/overview/read-public-status.ts';
import { defineEndpoint } from '../endpoint.ts';
import { bytesReply, type MadeReply } from '../reply.ts';
import { formatServedStatus } from './format-served-status.ts';

const cacheSeconds = 5;

/** Its links are relative, for any web host. */
export const getStatusAddress = defineEndpoint({
  operation: 'getStatusAddress',
  method: 'GET',
  path: '/status',
  authentication: 'none',
  handle: async () => bytesReply(new Uint8Array(0), { Location: '/status/', 'Content-Length': '0' }, 308),
});

/** What everybody may know of the server: what works, what does not and since when, as the monitor wrote it. */
export const getStatusPage = defineEndpoint({
  operation: 'getStatusPage',
  method: 'GET',
  path: '/status/',
  authentication: 'none',
  async handle(context, request) {
    const status = await readPublicStatus(context);
    return textReply(
      formatServedStatus(status, context.serverName),
      'text/html; charset=utf-8',
      request.header('if-none-match'),
    );
  },
});

/** https://www.rfc-editor.org/rfc/rfc4287: the same for feed readers. Error: M_NOT_FOUND. */
export const getStatusFeed = defineEndpoint({
  operation: 'getStatusFeed',
  method: 'GET',
  path: '/status/feed.atom',
  authentication: 'none',
  async handle(context, request) {
    const { page } = await readPublicStatus(context);
    return textReply(findPart(page?.feed), 'application/atom+xml; charset=utf-8', request.header('if-none-match'));
  },
});

/** The same for programs. Error: M_NOT_FOUND. */
export const getStatusFacts = defineEndpoint({
  operation: 'getStatusFacts',
  method: 'GET',
  path: '/status/status.json',
  authentication: 'none',
  async handle(context, request) {
    const { page } = await readPublicStatus(context);
    return textReply(findPart(page?.facts), 'application/json', request.header('if-none-match'));
  },
});

function findPart(text: string | undefined): string {
  if (text === undefined) throw new MatrixError('M_NOT_FOUND', 'No monitor has looked at this server yet');
  return text;
}

/** For everybody, caches between here and them included. `known`: If-None-Match. */
function textReply(text: string, mediaType: string, known: string | undefined): MadeReply {
  const bytes = Buffer.from(text);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const headers = {
    ...{ 'Content-Type': mediaType, ETag: etag, 'Content-Security-Policy': choosePolicy(text) },
    ...{ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' },
    'Cache-Control': `public, max-age=${cacheSeconds}`,
  };
  if (known === etag) return bytesReply(new Uint8Array(0), headers, 304);
  return bytesReply(bytes, { ...headers, 'Content-Length': String(bytes.length) });
}

/** Nothing but the style that is inside the page, and nothing runs. */
function choosePolicy(text: string): string {
  const style = /<style>([^<]*)<\/style>/.exec(text)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
