import type { ClientRequest } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { Route } from '../discovery/find-route.ts';

/** What a request tells the agent besides Node.js's own options. */
export interface AgentOptions extends RequestOptions {
  /** Connections with the same key carry each other's requests. */
  readonly poolKey: string;
  readonly route: Route;
  /** Of the request: no connection is opened for longer. */
  readonly deadline: Deadline;
}

type OpenConnection = (route: Route, deadline: Deadline) => Promise<TLSSocket>;

type DeliverConnection = (error: Error | null, connection: Duplex) => void;

/** Most servers close after a minute or more; whoever closes first saves the other a useless request. */
const idleTimeoutMs = 50_000;

/**
 * Node.js's pool of connections with ours in it. How many are used or being opened at once is for RequestSlots to say:
 * none is opened for longer than its request lasts. Here the idle ones are kept within the bound: the one that has been
 * idle for longest makes place for a new one.
 */
export class ServerAgent extends Agent {
  readonly #open: OpenConnection;
  readonly #mostConnections: number;
  readonly #idle = new Set<Duplex>();
  #openCount = 0;

  constructor(open: OpenConnection, mostConnections: number) {
    super({ keepAlive: true, timeout: idleTimeoutMs, maxFreeSockets: mostConnections });
    this.#open = open;
    this.#mostConnections = mostConnections;
  }

  /** Those that are being opened, in use or idle. */
  get openCount(): number {
    return this.#openCount;
  }

  override getName(options?: RequestOptions): string {
    return (options as AgentOptions).poolKey;
  }

  override createConnection(options: RequestOptions, deliver?: DeliverConnection): undefined {
    if (this.#openCount >= this.#mostConnections) this.#idle.values().next().value?.destroy();
    this.#openCount++;
    const { route, deadline } = options as AgentOptions;
    this.#open(route, deadline).then(
      (socket) => {
        socket.once('close', () => this.#forget(socket));
        deliver?.(null, socket);
      },
      (error: Error) => {
        this.#openCount--;
        (deliver as ((error: Error) => void) | undefined)?.(error);
      },
    );
    return undefined;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    // Node.js's own says whether the server told to close.
    const isKept: unknown = super.keepSocketAlive(socket);
    if (isKept === false) return false;
    this.#idle.add(socket);
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#idle.delete(socket);
    super.reuseSocket(socket, request);
  }

  #forget(socket: Duplex): void {
    this.#idle.delete(socket);
    this.#openCount--;
  }
}
