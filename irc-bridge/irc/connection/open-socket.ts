import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import type { Clock } from '@holdfast/effects/clock.ts';
import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { IrcIdentity, IrcServerAddress } from '../irc-network.ts';

interface SocketOptions {
  readonly address: IrcServerAddress;
  readonly certificate: IrcIdentity['certificate'];
  /** The source address. */
  readonly localAddress: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** As soon as there is a connection, before TLS: an ident server may be asked at once. */
  readonly onConnected: (socket: Socket) => void;
}

/** Connects, with TLS where the address says so; certificates are verified. One deadline covers it all. */
export async function openSocket(options: SocketOptions): Promise<Socket> {
  const { address, localAddress, timeoutMs, clock, signal, onConnected } = options;
  const { host, port } = address;
  let socket: Socket | undefined;
  try {
    return await withDeadline(
      () =>
        new Promise<Socket>((resolve, reject) => {
          const plain = connect({ host, port, ...(localAddress !== undefined && { localAddress, family: 6 }) });
          socket = plain;
          plain.setNoDelay(true);
          plain.once('error', reject);
          plain.once('close', () => reject(new Error('the server closed the connection')));
          plain.once('connect', () => {
            onConnected(plain);
            if (!address.tls) return resolve(plain);
            socket = startTls(plain, options);
            socket.once('error', reject);
            socket.once('secureConnect', () => resolve(socket as Socket));
          });
        }),
      timeoutMs,
      `connecting to ${host}:${port}`,
      { clock, signal },
    );
  } catch (error) {
    socket?.on('error', () => {});
    socket?.destroy();
    throw error;
  }
}

function startTls(socket: Socket, { address, certificate }: SocketOptions): TLSSocket {
  const { host, ca } = address;
  return connectTls({
    socket,
    ...(isIP(host) === 0 && { servername: host }),
    host,
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    ...(certificate && { cert: certificate.certificate, key: certificate.key }),
  });
}
