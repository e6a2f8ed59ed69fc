import type { Socket } from 'node:net';
import { IrcConnection } from '../connection/irc-connection.ts';
import { openSocket } from '../connection/open-socket.ts';
import type { IrcIdentity, IrcLimits, IrcNetworkOptions } from '../irc-network.ts';
import { IrcConnectionLost, IrcRefusal } from '../irc-refusal.ts';
import type { IrcLine } from '../lines/irc-line.ts';
import type { ConnectPace } from './connect-pace.ts';

interface LastingOptions {
  readonly network: IrcNetworkOptions;
  readonly limits: IrcLimits;
  readonly pace: ConnectPace;
  readonly identity: IrcIdentity;
  readonly localAddress: string | undefined;
  readonly onLine: (line: IrcLine, connection: IrcConnection) => void;
  readonly onUp: (connection: IrcConnection) => void;
  readonly onDown: (reason: string) => void;
  readonly onFault: (kind: string) => void;
  /** Whether to try again after the network refused us: the bot does, at the longest intervals. */
  readonly persists: boolean;
}

const maxJoinBytes = 400;
const defaultJoinTargets = 10;

/** A connection that is made again whenever it ends, and returns to its channels. */
export class LastingConnection {
  readonly #options: LastingOptions;
  readonly #stop = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  /** The channels to be in, by folded name. */
  readonly channels = new Map<string, { readonly name: string; readonly key: string | undefined }>();
  /** Those where it is, by folded name. */
  readonly joined = new Set<string>();
  #connection: IrcConnection | undefined;
  #server = 0;
  #failures = 0;
  #wasUp = false;
  problem: string | undefined;
  lastUsedMs: number;

  constructor(options: LastingOptions) {
    this.#options = options;
    this.lastUsedMs = options.network.clock.monotonicMs();
    this.#first.promise.catch(() => {});
  }

  /** Begins; resolves when the first connection is registered. Throws IrcRefusal when it is not going to be. */
  start(): Promise<void> {
    void this.#run();
    return this.#first.promise;
  }

  /** The connection, when it is registered. */
  get connection(): IrcConnection | undefined {
    return this.#connection?.isRegistered ? this.#connection : undefined;
  }

  get server(): string | undefined {
    return this.connection && this.#address.host;
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Throws IrcConnectionLost when there is none. */
  require(): IrcConnection {
    if (!this.connection) throw new IrcConnectionLost(this.problem ?? 'there is no connection', false);
    return this.connection;
  }

  stop(reason: string): void {
    if (this.isStopped) return;
    this.#stop.abort();
    this.#connection?.end(reason, reason);
    this.#first.reject(new IrcConnectionLost(reason, false));
  }

  get #address() {
    const { servers } = this.#options.network;
    const address = servers[this.#server % servers.length];
    if (!address) throw new Error('the network has no server');
    return address;
  }

  async #run(): Promise<void> {
    const { pace, limits, network } = this.#options;
    while (!this.isStopped) {
      await pace.wait(this.#stop.signal);
      if (this.isStopped) return;
      try {
        await this.#connectOnce();
      } catch (error) {
        this.problem = (error as Error).message;
        if (error instanceof IrcRefusal && !this.#options.persists && error.code !== 'ERROR') {
          this.#stop.abort();
          this.#first.reject(error);
          this.#options.onDown(this.problem);
          return;
        }
        network.log.warn({ network: network.id, server: this.#address.host, err: error }, 'no connection to IRC');
        if (this.#mustGiveUp()) {
          this.#stop.abort();
          this.#first.reject(new IrcRefusal(`no connection could be made: ${this.problem}`));
          this.#options.onDown(this.problem);
        }
      }
      if (this.isStopped) return;
      this.#server += 1;
      const most = Math.min(limits.backoffMs.most, limits.backoffMs.first * 2 ** Math.min(20, this.#failures));
      this.#failures += 1;
      await network.clock.sleep(most * (0.5 + network.random.fraction() / 2), this.#stop.signal);
    }
  }

  /** Who waits for its first connection is told when it does not come: each server was tried, and twice at least. */
  #mustGiveUp(): boolean {
    const attempts = Math.max(2, this.#options.network.servers.length);
    return !this.#options.persists && !this.#wasUp && this.#failures + 1 >= attempts;
  }

  /** Connects, registers, and resolves when the connection has ended. */
  async #connectOnce(): Promise<void> {
    const { network, limits, identity, localAddress, onLine, onFault } = this.#options;
    let forget: (() => void) | undefined;
    const onConnected = ({ localPort = 0, remotePort = 0 }: Socket) => {
      forget = network.onSocket?.({ local: localPort, remote: remotePort }, identity.username);
    };
    const { clock, random, password } = network;
    const { signal } = this.#stop;
    try {
      const socket = await openSocket({
        ...{ address: this.#address, certificate: identity.certificate, localAddress, clock, signal, onConnected },
        timeoutMs: limits.connectTimeoutMs,
      });
      const connection = new IrcConnection({ socket, identity, password, limits, clock, random, onLine, onFault });
      this.#connection = connection;
      await connection.register();
      const startedMs = clock.monotonicMs();
      this.problem = undefined;
      this.#options.onUp(connection);
      this.#wasUp = true;
      this.#first.resolve();
      this.#returnToChannels(connection);
      const reason = await connection.ended;
      // A connection that ends at once each time must not be made again without a pause that grows.
      if (clock.monotonicMs() - startedMs > limits.pingMs) this.#failures = 0;
      this.problem = reason;
      this.#options.onDown(reason);
    } finally {
      forget?.();
      this.joined.clear();
      this.#connection?.end('it could not be registered');
      this.#connection = undefined;
    }
  }

  #returnToChannels(connection: IrcConnection): void {
    const { targets } = connection.features;
    const most = targets.get('JOIN') ?? defaultJoinTargets;
    for (const part of groupChannels([...this.channels.values()], most)) {
      const names = part.map(({ name }) => name).join(',');
      const keys = part.flatMap(({ key }) => (key === undefined ? [] : [key])).join(',');
      const parameters = keys === '' ? [names] : [names, keys];
      const join = { command: 'JOIN', parameters, lane: '', about: part[0]?.name ?? '' };
      connection.run(join).catch((error: unknown) => {
        this.#options.network.log.info({ err: error, channels: names }, 'a channel was not joined again');
      });
    }
  }
}

/** Channels for one JOIN each: those with keys first, because keys are told apart by their places. */
export function groupChannels<Channel extends { readonly name: string; readonly key: string | undefined }>(
  channels: readonly Channel[],
  most: number,
): Channel[][] {
  const sorted = [
    ...channels.filter(({ key }) => key !== undefined),
    ...channels.filter(({ key }) => key === undefined),
  ];
  const groups: Channel[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const channel of sorted) {
    const needed = Buffer.byteLength(`${channel.name},${channel.key ?? ''},`);
    const last = groups.at(-1);
    if (!last || last.length >= most || bytes + needed > maxJoinBytes) {
      groups.push([channel]);
      bytes = needed;
    } else {
      last.push(channel);
      bytes += needed;
    }
  }
  return groups;
}
