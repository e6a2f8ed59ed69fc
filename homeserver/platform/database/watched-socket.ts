import { Socket } from 'node:net';

/** Where the PostgreSQL client connects to: its own options, seen from here. */
interface ServerAddresses {
  readonly host: string[];
  readonly port: readonly number[];
  /** Of a Unix socket, instead. */
  readonly path?: string | false;
}

/** A server that closes a connection sooner than this did not want it: it is a standby, or shutting down. */
const rejectedWithinMs = 1_000;
/** A process that was frozen gets to read what has arrived meanwhile, before silence is held against the server. */
const secondLookMs = 100;

/**
 * Makes the sockets of one pool. A connection that has been silent for `silenceMs` since something was sent on it is
 * broken off: a machine that is gone says nothing, and TCP would wait for it for a quarter of an hour. Of several hosts
 * the one that worked is used until it fails.
 */
export function openWatchedSockets(silenceMs: number): (addresses: ServerAddresses) => Socket {
  let hosts: readonly string[] | undefined;
  let current = 0;
  let failures = 0;
  return (addresses) => {
    hosts ??= [...addresses.host];
    const count = hosts.length;
    const index = current % count;
    // While its options name more than one host the client tries again without end and tells nobody: after one round
    // through all hosts it is to fail.
    addresses.host.splice(0, count, ...(failures % count === count - 1 ? hosts.slice(0, 1) : hosts));
    const socket = new Socket();
    const openedMs = performance.now();
    failAtOnce(socket, () => {
      const rejected = performance.now() - openedMs < rejectedWithinMs;
      failures = rejected ? failures + 1 : 0;
      if (rejected && current === index) current = (index + 1) % count;
    });
    // The client names the server in TLS by this.
    Object.assign(socket, { host: hosts[index], port: addresses.port[index] });
    if (addresses.path) socket.connect(addresses.path);
    else socket.connect(addresses.port[index] as number, hosts[index] as string);
    // After connect, which puts the prototype's write back.
    breakOffWhenSilent(socket, silenceMs);
    return socket;
  };
}

/**
 * Makes failures clear to the client in two cases that would leave queries without an answer. A query that somebody
 * sends again after 'error', but before the client hears 'close', would be given to the dead connection: so 'close'
 * follows 'error' with nothing in between. And a server that closes before it said anything is an error: the client
 * would connect again without end.
 */
function failAtOnce(socket: Socket, onClose: () => void): void {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...details: unknown[]) => boolean;
  let isClosed = false;
  const close = (hadError: unknown): boolean => {
    if (isClosed) return false;
    isClosed = true;
    onClose();
    if (hadError || socket.bytesRead > 0 || socket.listenerCount('error') === 0) return emit('close', hadError);
    emit('error', Object.assign(new Error('the database closed the connection'), { code: 'ECONNRESET' }));
    return emit('close', true);
  };
  socket.emit = (event: string | symbol, ...details: unknown[]) => {
    if (event === 'close') return close(details[0]);
    const heard = emit(event, ...details);
    if (event === 'error') close(true);
    return heard;
  };
}

function breakOffWhenSilent(socket: Socket, silenceMs: number): void {
  let owedSinceMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const check = (isSecondLook: boolean) => {
    timer = undefined;
    if (owedSinceMs === undefined || socket.destroyed) return;
    const leftMs = owedSinceMs + silenceMs - performance.now();
    if (leftMs > 0) arm(leftMs, false);
    else if (!isSecondLook) arm(secondLookMs, true);
    else socket.destroy(Object.assign(new Error('the database does not answer'), { code: 'ETIMEDOUT' }));
  };
  const arm = (durationMs: number, isSecondLook: boolean) => {
    timer = setTimeout(() => check(isSecondLook), durationMs);
    timer.unref();
  };
  const send = socket.write.bind(socket) as (...message: unknown[]) => boolean;
  socket.write = (...message: unknown[]) => {
    owedSinceMs ??= performance.now();
    if (!timer) arm(silenceMs, false);
    return send(...message);
  };
  socket.on('data', () => {
    owedSinceMs = undefined;
  });
}
