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
  /** False while nothing would come of another attempt: it is not made before `hurry`, or the next pause's end. */
  readonly isWorthTrying?: () => boolean;
}

/** Nobody answered at the address. */
class IrcUnreachable extends Error {}

/** Nobody has to wait for it. */
function openAttempt(): PromiseWithResolvers<void> {
  const attempt = Promise.withResolvers<void>();
  attempt.promise.catch(() => {});
  return attempt;
}

const maxJoinBytes = 400;
const defaultJoinTargets = 10;

/** A connection that is made again whenever it ends, and returns to its channels. */
export class LastingConnection {
  readonly #options: LastingOptions;
  readonly #stop = new AbortController();
  /** Settles with the next attempt: resolves when the connection is registered. */
  #attempt = openAttempt();
  #isRunning = false;
  /** The network answered the last attempt, and did not want us: it is not pressed. */
  #wasSentAway = false;
  /** Ends the pause before the next attempt. */
  #hurry = new AbortController();
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
  }

  /**
   * Begins; where it has begun, ends the pause before the next attempt unless the network sent us away. Resolves when the
   * connection is registered. Throws IrcRefusal when it is not going to be, and IrcConnectionLost when an attempt has failed and others follow.
   */
  start(): Promise<void> {
    if (this.connection) return Promise.resolve();
    const { promise } = this.#attempt;
    if (!this.#isRunning) void this.#run();
    else if (!this.#wasSentAway) this.hurry();
    return promise;
  }

  /** The next attempt is made without a pause: there is a reason to believe that it succeeds. */
  hurry(): void {
    this.#hurry.abort();
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
    this.#failAttempt(new IrcConnectionLost(reason, false));
  }

  get #address() {
    const { servers } = this.#options.network;
    const address = servers[this.#server % servers.length];
    if (!address) throw new Error('the network has no server');
    return address;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const { pace, limits, isWorthTrying } = this.#options;
    while (!this.isStopped) {
      if (isWorthTrying?.() === false) {
        this.#failAttempt(new IrcConnectionLost('the network is away', false));
        await this.#pause(limits.backoffMs.most);
        continue;
      }
      await pace.wait(this.#stop.signal);
      if (this.isStopped) return;
      let isReached = true;
      this.#wasSentAway = false;
      try {
        await this.#connectOnce();
      } catch (error) {
        isReached = !(error instanceof IrcUnreachable);
        this.#wasSentAway = isReached;
        this.#takeFailure(error as Error);
      }
      if (this.isStopped) return;
      this.#server += 1;
      // Who is not reached is not burdened by another attempt; who sends us away is left alone for longer and longer.
      const most = isReached ? limits.backoffMs.most : limits.backoffMs.unreachable;
      const waitMs = Math.min(most, limits.backoffMs.first * 2 ** Math.min(20, this.#failures));
      this.#failures += 1;
      await this.#pause(waitMs);
    }
  }

  /** Waits between half and all of it, unless somebody hurries. */
  async #pause(mostMs: number): Promise<void> {
    const { clock, random } = this.#options.network;
    const { signal } = this.#hurry;
    await clock.sleep(mostMs * (0.5 + random.fraction() / 2), AbortSignal.any([signal, this.#stop.signal]));
    if (signal.aborted) this.#hurry = new AbortController();
  }

  #takeFailure(error: Error): void {
    const { network, persists, onDown } = this.#options;
    this.problem = error.message;
    if (error instanceof IrcRefusal && !persists && error.code !== 'ERROR') {
      this.#stop.abort();
      this.#failAttempt(error);
      onDown(this.problem);
      return;
    }
    network.log.warn({ network: network.id, server: this.#address.host, err: error }, 'no connection to IRC');
    if (this.#mustGiveUp()) {
      this.#stop.abort();
      this.#failAttempt(new IrcRefusal(`no connection could be made: ${this.problem}`));
      onDown(this.problem);
    } else if (this.#wasUp) this.#failAttempt(new IrcConnectionLost(this.problem, false));
  }

  /** Whoever waits for a connection is told; who asks next waits for the next attempt. */
  #failAttempt(error: Error): void {
    const { reject } = this.#attempt;
    this.#attempt = openAttempt();
    reject(error);
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
      }).catch((error: unknown) => {
        throw new IrcUnreachable((error as Error).message, { cause: error });
      });
      const connection = new IrcConnection({ socket, identity, password, limits, clock, random, onLine, onFault });
      this.#connection = connection;
      await connection.register();
      const startedMs = clock.monotonicMs();
      this.problem = undefined;
      this.#options.onUp(connection);
      this.#wasUp = true;
      this.#attempt.resolve();
      this.#attempt = openAttempt();
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
