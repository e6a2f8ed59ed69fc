import { createServer, type Socket } from 'node:net';
import type { Clock } from '@holdfast/effects/clock.ts';

export interface IdentServer {
  readonly port: number;
  /** Says whose connection this is until the returned function is called. For IrcNetworkOptions.onSocket. */
  add(ports: { readonly local: number; readonly remote: number }, username: string): () => void;
  close(): Promise<void>;
}

const maxConnections = 100;
const maxRequestBytes = 64;
const timeoutMs = 10_000;

/**
 * Tells IRC servers which of our users a connection is of (RFC 1413), so that they need not treat the bridge as one
 * person. It answers about our own connections only.
 */
export async function startIdentServer(options: { bind: string; port: number; clock: Clock }): Promise<IdentServer> {
  const { bind, port, clock } = options;
  const users = new Map<string, string>();
  const server = createServer({ allowHalfOpen: true }, (socket) => answer(socket, users, clock));
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, bind, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    add({ local, remote }, username) {
      const key = `${local},${remote}`;
      users.set(key, username);
      return () => {
        if (users.get(key) === username) users.delete(key);
      };
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function answer(socket: Socket, users: ReadonlyMap<string, string>, clock: Clock): void {
  let request = '';
  const timer = clock.startTimer(timeoutMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('close', () => timer.cancel());
  socket.on('end', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    request += chunk.toString('latin1');
    if (request.length > maxRequestBytes) return socket.destroy();
    if (request.includes('\n')) socket.end(`${reply(request, users)}\r\n`);
    return undefined;
  });
}

function reply(request: string, users: ReadonlyMap<string, string>): string {
  const [, local = '', remote = ''] = /^\s*(\d{1,5})\s*,\s*(\d{1,5})\s*\r?\n/.exec(request) ?? [];
  if (local === '') return '0, 0 : ERROR : INVALID-PORT';
  const username = users.get(`${Number(local)},${Number(remote)}`);
  return username === undefined
    ? `${local}, ${remote} : ERROR : NO-USER`
    : `${local}, ${remote} : USERID : UNIX : ${username}`;
}
