import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of a message from the client: let through, or the connection breaks before or after it had its effect. */
export type Interference = 'pass' | 'cut-before' | 'cut-after-reply' | 'cut-at-once';

export interface DatabaseProxy {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** Asked for every piece that a client sends; the default lets everything through. */
  interfere: (sent: string) => Interference;
  /** Breaks all connections and refuses new ones until `restore`. */
  cut(): void;
  /** Lets nothing through in either direction, without breaking anything, until `restore`. */
  freeze(): void;
  restore(): void;
  /** The connections that are open never carry anything again and are not closed either; new ones work. */
  lose(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  dropReplies: boolean;
}

/** A TCP proxy in front of PostgreSQL that breaks as networks break. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<Pair>();
  let state: 'open' | 'cut' | 'frozen' = 'open';
  const listener = createServer((client) => {
    if (state === 'cut') {
      client.destroy();
      return;
    }
    const pair: Pair = { client, server: connect(Number(target.port), target.hostname), dropReplies: false };
    pairs.add(pair);
    joinSockets(pair, (sent) => proxy.interfere(sent));
    pair.client.on('close', () => pairs.delete(pair));
    if (state === 'frozen') pauseBoth(pair);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const breakAll = () => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  const proxy: DatabaseProxy = {
    url: url.href,
    interfere: () => 'pass',
    cut() {
      state = 'cut';
      breakAll();
    },
    freeze() {
      state = 'frozen';
      for (const pair of pairs) pauseBoth(pair);
    },
    restore() {
      state = 'open';
      for (const { client, server } of pairs) {
        client.resume();
        server.resume();
      }
    },
    lose() {
      for (const pair of pairs) {
        pair.client.removeAllListeners('data').resume();
        pair.server.removeAllListeners('data').resume();
      }
    },
    async close() {
      breakAll();
      listener.close();
      await once(listener, 'close');
    },
  };
  return proxy;
}

function pauseBoth({ client, server }: Pair): void {
  client.pause();
  server.pause();
}

function joinSockets(pair: Pair, interfere: (sent: string) => Interference): void {
  const { client, server } = pair;
  const breakPair = () => {
    client.destroy();
    server.destroy();
  };
  client.on('data', (sent) => {
    const interference = interfere(sent.toString('latin1'));
    if (interference === 'cut-before') breakPair();
    else server.write(sent);
    if (interference === 'cut-at-once') client.destroy();
    if (interference === 'cut-after-reply') pair.dropReplies = true;
  });
  server.on('data', (reply) => {
    // The server has done what was asked: only the news of it is lost.
    if (pair.dropReplies) breakPair();
    else client.write(reply);
  });
  for (const socket of [client, server]) socket.on('error', breakPair);
  client.on('close', () => server.end());
  server.on('close', () => client.destroy());
}
