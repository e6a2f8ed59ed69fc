import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { readPublicStatus } from '../../administration/overview/read-public-status.ts';
import { defineEndpoint } from '../endpoint.ts';
import { bytesReply, type MadeReply } from '../reply.ts';
import { formatServedStatus } from './format-served-status.ts';

/** The page names its own style by its hash besides; what both allow is allowed. */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
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
  async handle(context) {
    const status = await readPublicStatus(context);
    return textReply(formatServedStatus(status, context.serverName), 'text/html; charset=utf-8');
  },
});

/** https://www.rfc-editor.org/rfc/rfc4287: the same for feed readers. Error: M_NOT_FOUND. */
export const getStatusFeed = defineEndpoint({
  operation: 'getStatusFeed',
  method: 'GET',
  path: '/status/feed.atom',
  authentication: 'none',
  async handle(context) {
    const { page } = await readPublicStatus(context);
    return textReply(findPart(page?.feed), 'application/atom+xml; charset=utf-8');
  },
});

/** The same for programs. Error: M_NOT_FOUND. */
export const getStatusFacts = defineEndpoint({
  operation: 'getStatusFacts',
  method: 'GET',
  path: '/status/status.json',
  authentication: 'none',
  async handle(context) {
    const { page } = await readPublicStatus(context);
    return textReply(findPart(page?.facts), 'application/json');
  },
});

function findPart(text: string | undefined): string {
  if (text === undefined) throw new MatrixError('M_NOT_FOUND', 'No monitor has looked at this server yet');
  return text;
}

function textReply(text: string, mediaType: string): MadeReply {
  const bytes = Buffer.from(text);
  return bytesReply(bytes, {
    ...{ 'Content-Type': mediaType, 'Content-Length': String(bytes.length) },
    ...{ 'Content-Security-Policy': contentSecurityPolicy, 'X-Content-Type-Options': 'nosniff' },
    ...{ 'Referrer-Policy': 'no-referrer', 'Cache-Control': `public, max-age=${cacheSeconds}` },
  });
}
