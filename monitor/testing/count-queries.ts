import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a program and its PostgreSQL, and counts what it is asked. */
export interface QueryCounter {
  /** To be used in the place of the database's. */
  readonly url: string;
  /** Statements that were run so far: plain ones, and those that were prepared before. */
  read(): number;
  close(): Promise<void>;
}

const lengthBytes = 4;
/** https://www.postgresql.org/docs/current/protocol-message-formats.html: Query and Execute. */
const running = new Set(['Q', 'E'].map((letter) => letter.charCodeAt(0)));

export async function countQueries(databaseUrl: string): Promise<QueryCounter> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let count = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket)));
  };
  const server = createServer((client) => {
    const database = connect(Number(target.port || 5432), target.hostname);
    const read = createMessageReader((type) => {
      if (running.has(type)) count++;
    });
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      keep(one);
      one.once('close', () => other.destroy());
    }
    client.on('data', (bytes: Buffer) => {
      read(bytes);
      database.write(bytes);
    });
    database.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    read: () => count,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Finds the types of a client's messages in the pieces in which they come. The first message has none. */
function createMessageReader(onMessage: (type: number) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const headBytes = (isFirst ? 0 : 1) + lengthBytes;
      if (rest.length < headBytes) return;
      const sizeBytes = headBytes - lengthBytes + rest.readUInt32BE(headBytes - lengthBytes);
      if (rest.length < sizeBytes) return;
      if (!isFirst) onMessage(rest[0] as number);
      isFirst = false;
      rest = rest.subarray(sizeBytes);
    }
  };
}
