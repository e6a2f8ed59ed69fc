import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** `GET /metrics` for Prometheus, with the homeserver's own `metrics.token`; without a token there is no such page. */
export function serveMetrics(server: FastifyInstance, token: string | undefined, readMetrics: () => string): void {
  if (token === undefined) return;
  const expected = digest(`Bearer ${token}`);
  server.get('/metrics', (request, reply) => {
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      return reply.code(401).send({ error: 'metrics.token is needed as a bearer token' });
    }
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(readMetrics());
  });
}
