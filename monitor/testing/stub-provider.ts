import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a provider behaves. All but `takes` are ways in which one fails that says nothing of it. */
export type Behaviour = 'takes' | 'hangs' | 'trickles' | 'floods' | 'refuses' | 'lies' | 'redirects' | 'breaks off';

export const failures: readonly Behaviour[] = ['refuses', 'lies', 'redirects', 'breaks off', 'floods'];
export const hangs: readonly Behaviour[] = ['hangs', 'trickles'];

export interface StubProvider {
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  /** What it answers when it takes a message. */
  answer: { readonly status: number; readonly body: string };
  behaviour: Behaviour;
  /** Resolves with the next request. */
  next(): Promise<ReceivedRequest>;
  close(): Promise<void>;
}

/** An HTTP server in the place of a provider. */
export async function startStubProvider(): Promise<StubProvider> {
  const received: ReceivedRequest[] = [];
  const emitter = new EventEmitter();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, path: url, headers, body });
      behave(stub, response);
      emitter.emit('request', received.at(-1));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stub: StubProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ received, answer: { status: 200, body: '{}' }, behaviour: 'takes' },
    next: async () => ((await once(emitter, 'request')) as [ReceivedRequest])[0],
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return stub;
}

function behave({ behaviour, answer }: StubProvider, response: ServerResponse): void {
  switch (behaviour) {
    case 'takes':
      response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(answer.body);
      return;
    case 'hangs':
      return;
    case 'trickles':
      response.writeHead(answer.status).write(answer.body.slice(0, 1));
      return;
    case 'floods': {
      response.writeHead(answer.status);
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.on('drain', more).on('error', () => {});
      more();
      return;
    }
    case 'refuses':
      response.writeHead(500).end('{"error":"no"}');
      return;
    case 'lies':
      response.writeHead(203).end('<html>Welcome to the hotel network</html>');
      return;
    case 'redirects':
      response.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end();
      return;
    case 'breaks off':
      response.destroy();
  }
}
