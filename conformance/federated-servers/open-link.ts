import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The way from all other servers to one server: a relay of bytes that can be cut. TLS goes through it untouched. */
export interface Link {
  /** The port that the server's name says. */
  readonly port: number;
  /** Ends all connections and refuses new ones, until it is mended. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Opens a link on loopback to whatever port `setTarget` names later. */
export async function openLink(): Promise<Link & { setTarget(port: number): void }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let targetPort: number | undefined;
  const server = createServer((inbound) => {
    if (isCut || targetPort === undefined) {
      inbound.resetAndDestroy();
      return;
    }
    const outbound = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    setTarget: (port) => void (targetPort = port),
    cut() {
      isCut = true;
      endAll();
    },
    mend: () => void (isCut = false),
    async close() {
      server.close();
      endAll();
      await once(server, 'close');
    },
  };
}
