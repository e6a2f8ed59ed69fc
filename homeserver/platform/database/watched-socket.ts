import { Socket } from 'node:net';
import { type Encryption, encryptSocket } from './encrypt-socket.ts';
import { choiceOf, type HostChoice } from './host-choice.ts';
import { refuseStandby } from './refuse-standby.ts';

/** Where the PostgreSQL client connects to: its own options, seen from here. */
interface ServerAddresses {
  readonly host: string[];
  readonly port: readonly number[];
  /** Of a Unix socket, instead. */
  readonly path?: string | false;
}

/** A server that closes a connection sooner than this did not want it: it is starting, or shutting down. */
const rejectedWithinMs = 1_000;
/** Of several hosts, one that has not said a word for so long after it was asked is not the one. */
const firstWordMs = 1_500;
/** A process that was frozen gets to read what has arrived meanwhile, before silence is held against the server. */
const secondLookMs = 100;

/** How many turns of the event loop the end of a connection waits for a quiet one of its pool. */
const longestWaitTurns = 100;

/** A connection that is being opened, to one of several hosts. */
interface Opened {
  readonly addresses: ServerAddresses;
  /** All hosts; the client's own list is changed. */
  readonly all: readonly string[];
  readonly index: number;
  readonly openedMs: number;
  readonly choice: HostChoice;
}

/** What makes a pool's sockets, for the PostgreSQL client's options of these names. */
export interface WatchedSockets {
  socket(addresses: ServerAddresses): Socket | Promise<Socket>;
  /** The client calls it before it sends a query. */
  debug(): void;
}

/**
 * Makes the sockets of one pool. A connection that has been silent for `silenceMs` since something was sent on it is
 * broken off: a machine that is gone says nothing, and TCP would wait for it for a quarter of an hour. Of several hosts
 * the one that worked is used until it fails, by all pools of the process. A standby is never used.
 */
export function openWatchedSockets(silenceMs: number, encryption: Encryption): WatchedSockets {
  let hosts: readonly string[] | undefined;
  let failures = 0;
  const pool = { queryCount: 0 };
  const watch = (socket: Socket, { addresses, all, index, openedMs, choice }: Opened) => {
    const count = all.length;
    const silence = breakOffWhenSilent(socket, silenceMs, count > 1 ? Math.min(firstWordMs, silenceMs) : silenceMs);
    socket.once('data', () => choice.noteWord(index));
    let isStandby = false;
    const greeting = refuseStandby(socket, () => {
      isStandby = true;
      return brokenConnection('ECONNRESET', 'this server of the database is a standby');
    });
    endWhenQuiet(socket, pool, () => {
      const nowMs = performance.now();
      // While its options name another host the client takes the end of a new connection for one more host that it cannot
      // use, and forgets the query that it had begun there: nobody would ever answer it.
      if (greeting.isFromPrimary) addresses.host.splice(0, addresses.host.length, ...all.slice(0, 1));
      const isShort = isStandby || nowMs - openedMs < rejectedWithinMs;
      // A machine that is frozen or gone rejects nobody: it takes connections, or not even that, and is silent.
      const isSilent = silence.wasBroken || (socket.bytesRead === 0 && !isShort);
      failures = isShort || isSilent ? failures + 1 : 0;
      if (isSilent) choice.noteSilent(index, nowMs);
      else if (isShort) choice.noteRejected(index);
    });
    return socket;
  };
  return {
    debug: () => void pool.queryCount++,
    socket(addresses) {
      hosts ??= [...addresses.host];
      const count = hosts.length;
      const choice = choiceOf(hosts.map((host, index) => `${host}:${addresses.port[index]}`));
      const openedMs = performance.now();
      const index = choice.choose(openedMs);
      // While its options name more than one host the client tries again without end and tells nobody: after one round
      // through all hosts it is to fail.
      addresses.host.splice(0, count, ...(failures % count === count - 1 ? hosts.slice(0, 1) : hosts));
      const host = hosts[index] as string;
      const socket = new Socket();
      if (addresses.path) socket.connect(addresses.path);
      else socket.connect(addresses.port[index] as number, host);
      // After connect, which puts the prototype's write back.
      const opened = { addresses, all: hosts, index, openedMs, choice };
      if (encryption === 'none') return watch(socket, opened);
      return encryptSocket(socket, host, encryption).then(
        (encrypted) => watch(encrypted, opened),
        (error: unknown) => watch(brokenSocket(error), opened),
      );
    },
  };
}

/** A socket that ends with this error as soon as the client listens to it. */
function brokenSocket(error: unknown): Socket {
  const socket = new Socket();
  setImmediate(() => socket.emit('error', error));
  return socket;
}

/**
 * Tells the client of the end of a connection in a way that it can bear. It holds what it is about to send until the
 * end of the event loop's turn; when a connection ends in between, the next one on the same place never sends anything,
 * or sends the old bytes first. So the end is told either directly after something was sent, or in a turn in which no
 * query was begun. 'close' then follows 'error' with nothing in between: a query begun there would never be answered.
 * And a server that closes before it said anything is an error: the client would connect again without end.
 */
function endWhenQuiet(socket: Socket, pool: { readonly queryCount: number }, onClose: () => void): void {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...details: unknown[]) => boolean;
  const send = socket.write.bind(socket) as (...message: unknown[]) => boolean;
  let reason: Error | undefined;
  let state: 'open' | 'ending' | 'ended' = 'open';
  const end = () => {
    if (state === 'ended') return;
    state = 'ended';
    onClose();
    const hasListener = socket.listenerCount('error') > 0;
    if (socket.bytesRead === 0) reason ??= brokenConnection('ECONNRESET', 'the database closed the connection');
    if (reason && hasListener) emit('error', reason);
    emit('close', reason !== undefined);
  };
  const endInQuietTurn = (turns: number) => {
    const before = pool.queryCount;
    setImmediate(() => {
      if (pool.queryCount === before || turns > longestWaitTurns) end();
      else endInQuietTurn(turns + 1);
    });
  };
  socket.emit = (event: string | symbol, ...details: unknown[]) => {
    if (event !== 'error' && event !== 'close') return emit(event, ...details);
    if (event === 'error') reason ??= details[0] as Error;
    if (state === 'open') endInQuietTurn(0);
    if (state === 'open') state = 'ending';
    return true;
  };
  socket.write = (...message: unknown[]) => {
    if (state === 'open') return send(...message);
    process.nextTick(end);
    return true;
  };
}

function breakOffWhenSilent(socket: Socket, silenceMs: number, firstMs: number): { readonly wasBroken: boolean } {
  const state = { wasBroken: false };
  let boundMs = firstMs;
  let owedSinceMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const check = (isSecondLook: boolean) => {
    timer = undefined;
    if (owedSinceMs === undefined || socket.destroyed) return;
    const leftMs = owedSinceMs + boundMs - performance.now();
    if (leftMs > 0) arm(leftMs, false);
    else if (!isSecondLook) arm(secondLookMs, true);
    else {
      state.wasBroken = true;
      socket.destroy(brokenConnection('ETIMEDOUT', 'the database does not answer'));
    }
  };
  const arm = (durationMs: number, isSecondLook: boolean) => {
    timer = setTimeout(() => check(isSecondLook), durationMs);
    timer.unref();
  };
  const send = socket.write.bind(socket) as (...message: unknown[]) => boolean;
  socket.write = (...message: unknown[]) => {
    owedSinceMs ??= performance.now();
    if (!timer) arm(boundMs, false);
    return send(...message);
  };
  socket.on('data', () => {
    owedSinceMs = undefined;
    boundMs = silenceMs;
  });
  return state;
}

function brokenConnection(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
