import type { FastifyInstance } from 'fastify';
import { pagePolicy } from '../platform/page-style.ts';
import { formatStatusPages } from '../status-page/format-status-pages.ts';
import type { PublicFacts } from '../status-page/public-facts.ts';

const keptSeconds = 5;
const parts = [
  ['', 'html', 'text/html; charset=utf-8'],
  ['feed.atom', 'feed', 'application/atom+xml; charset=utf-8'],
  ['status.json', 'facts', 'application/json'],
] as const;

/**
 * The status page for everybody, also while the homeserver and its database are away. `readFacts` gives undefined on a
 * monitor that is not the one that pages: it knows less.
 */
export function serveStatus(server: FastifyInstance, readFacts: () => PublicFacts | undefined): void {
  server.get('/status', (_request, reply) => reply.redirect('/status/', 308));
  let last: { readonly facts: PublicFacts; readonly pages: ReturnType<typeof formatStatusPages> } | undefined;
  for (const [file, part, type] of parts) {
    server.get(`/status/${file}`, (_request, reply) => {
      // However many look, it is put together once for a few seconds.
      const facts = readFacts();
      if (!facts) return reply.code(503).send({ error: 'another monitor writes the status page' });
      if (!last || facts.atMs - last.facts.atMs > keptSeconds * 1_000 || facts.atMs < last.facts.atMs) {
        last = { facts, pages: formatStatusPages(facts) };
      }
      return reply
        .header('Content-Security-Policy', `${pagePolicy("'none'")}; frame-ancestors 'none'`)
        .header('X-Content-Type-Options', 'nosniff')
        .header('Referrer-Policy', 'no-referrer')
        .header('Cache-Control', `public, max-age=${keptSeconds}`)
        .type(type)
        .send(last.pages[part]);
    });
  }
}
