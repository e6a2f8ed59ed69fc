import { once } from 'node:events';
import { createServer, request as sendRequest } from 'node:http';

/** Passes HTTP requests on to a port of the loopback interface, and lets those hang that the test chooses. */
export interface HangingProxy {
  readonly port: number;
  /** Those that hang from now on get no answer; those that did before are cut off. */
  setHanging(isHanging: (request: string) => boolean): void;
  stop(): Promise<void>;
}

export async function startHangingProxy(targetPort: number): Promise<HangingProxy> {
  let isHanging: (request: string) => boolean = () => false;
  const held = new Set<() => void>();
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    if (isHanging(`${method} ${decodeURIComponent(url)}`)) {
      const cut = () => void response.destroy();
      held.add(cut);
      response.once('close', () => held.delete(cut));
      return;
    }
    const passed = sendRequest({ host: '127.0.0.1', port: targetPort, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.once('error', () => response.destroy());
    request.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    setHanging(chosen) {
      isHanging = chosen;
      for (const cut of held) cut();
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
