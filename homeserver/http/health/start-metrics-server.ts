import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Metrics } from '../../platform/metrics/metrics.ts';

const requestTimeoutMs = 10_000;

/** Serves `/metrics` on a port of its own, without authentication. */
export async function startMetricsServer(
  metrics: Metrics,
  place: { readonly port: number; readonly bind: string },
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const { body, contentType } = await metrics.expose();
    response.writeHead(200, { 'Content-Type': contentType }).end(body);
  });
  server.requestTimeout = requestTimeoutMs;
  server.listen(place.port, place.bind);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : place.port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
