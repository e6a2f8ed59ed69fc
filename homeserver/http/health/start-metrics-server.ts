import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { Metrics } from '@holdfast/effects/metrics.ts';

const requestTimeoutMs = 10_000;

/** Serves `/metrics` on a port of its own, without authentication. */
export async function startMetricsServer(
  metrics: Metrics,
  place: { readonly port: number; readonly bind: string },
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/metrics') void tellMetrics(metrics, response);
    else response.writeHead(404).end();
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

async function tellMetrics(metrics: Metrics, response: ServerResponse): Promise<void> {
  const { body, contentType } = await metrics.expose();
  response.writeHead(200, { 'Content-Type': contentType }).end(body);
}
