import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findMarks, type RunMark } from '../../load/receive-marked.ts';
import { makeRegistration, type ServiceRegistration } from './appservice-registration.ts';

/** `answers`: takes what comes; `refuses`: answers 503; `hangs`: takes the request and never answers. */
export type ServiceMode = 'answers' | 'refuses' | 'hangs';

/** An application service that takes note of what it is sent, and does nothing else. */
export interface StubService {
  readonly registration: ServiceRegistration;
  /** What it does with transactions from now on. What hung until then is cut off, as when a service is started again. */
  become(mode: ServiceMode): void;
  /** Calls back with the number of each message of a run that it is sent, in order. One listener at a time. */
  listen(mark: RunMark, received: (number: number) => void): void;
  close(): Promise<void>;
}

const transactionPath = '/_matrix/app/v1/transactions/';

/** Starts a service on a free port of loopback. */
export async function startStubService(id: string): Promise<StubService> {
  let mode: ServiceMode = 'answers';
  let listener: { readonly mark: RunMark; received(number: number): void } | undefined;
  const taken = new Set<string>();
  const hanging = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url?.split('?')[0] ?? '';
      if (!path.startsWith(transactionPath)) return answer(response, 200);
      if (mode === 'refuses') return answer(response, 503);
      if (mode === 'hangs') {
        hanging.add(response);
        return;
      }
      // A service knows a transaction that it has taken already by its id.
      if (!taken.has(path)) {
        taken.add(path);
        const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
        if (listener) findMarks(body, listener.mark, listener.received);
      }
      answer(response, 200);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cutHanging = () => {
    for (const response of hanging) response.destroy();
    hanging.clear();
  };
  return {
    registration: makeRegistration(id, `http://127.0.0.1:${port}`),
    become(next) {
      mode = next;
      cutHanging();
    },
    listen(mark, received) {
      listener = { mark, received };
    },
    async close() {
      cutHanging();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end('{}');
}
