import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedCall {
  readonly path: string;
  readonly text: string;
  /** Of performance.now(). */
  readonly atMs: number;
}

/** A pager that nobody answers: an HTTP server that writes down what comes. */
export interface RecordingPager {
  readonly url: string;
  readonly calls: readonly RecordedCall[];
  close(): void;
}

export async function startPager(): Promise<RecordingPager> {
  const calls: RecordedCall[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      calls.push({ path: request.url ?? '', text, atMs: performance.now() });
      response.end('ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
