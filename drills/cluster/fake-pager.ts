import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A call of the pager, or of the address outside. */
export interface PagerCall {
  /** Such as `/anna`, whom it is for. */
  readonly path: string;
  /** Of performance.now(). */
  readonly atMs: number;
  /** What the webhook said; undefined where it was no JSON. */
  readonly message: PagedMessage | undefined;
}

/** What the drills read of a message: docs/operating/monitor.md. */
export interface PagedMessage {
  readonly kind: 'page' | 'warning' | 'all-clear' | 'test';
  /** What is wrong, and `headline`, which says for whom and where as well. */
  readonly title: string;
  readonly headline: string;
  readonly symptoms: readonly string[];
  readonly incident: string;
  /** When it began, ISO 8601. */
  readonly opened_at: string;
}

/** An HTTP server that writes down what comes: pagers of people, and the dead man's switch outside. */
export interface FakePager {
  readonly url: string;
  readonly calls: readonly PagerCall[];
  /** When a call of the path came that is not older than `sinceMs`; infinity when none comes in time. */
  first(path: string, sinceMs: number, timeoutMs: number): Promise<number>;
  last(path: string): number | undefined;
  close(): void;
}

export async function startFakePager(): Promise<FakePager> {
  const calls: PagerCall[] = [];
  const server = createServer((request, response) => {
    void readMessage(request).then((message) => {
      calls.push({ path: request.url ?? '', atMs: performance.now(), message });
      response.end('ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async first(path, sinceMs, timeoutMs) {
      const endMs = performance.now() + timeoutMs;
      for (;;) {
        const found = calls.find((call) => call.path === path && call.atMs >= sinceMs);
        if (found) return found.atMs;
        if (performance.now() >= endMs) return Number.POSITIVE_INFINITY;
        await wait(100);
      }
    },
    last: (path) => calls.findLast((call) => call.path === path)?.atMs,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function readMessage(request: IncomingMessage): Promise<PagedMessage | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString()) as PagedMessage;
  } catch {
    return undefined;
  }
}
