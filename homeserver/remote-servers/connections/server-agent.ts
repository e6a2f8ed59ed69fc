import type { ClientRequest } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Route } from '../discovery/find-route.ts';

/** What a request tells the agent besides Node.js's own options. */
export interface AgentOptions extends RequestOptions {
  /** Connections with the same key carry each other's requests. */
  readonly poolKey: string;
  readonly route: Route;
}

type DeliverConnection = (error: Error | null, connection: Duplex) => void;

/** Most servers close after a minute or more; whoever closes first saves the other a useless request. */
const idleTimeoutMs = 50_000;

/**
 * Node.js's pool of connections with ours in it. How many are used at once is for RequestSlots to say; here the idle
 * ones are kept within the bound: the one that has been idle for longest makes place for a new one.
 */
export class ServerAgent extends Agent {
  readonly #open: (route: Route) => Promise<TLSSocket>;
  readonly #mostConnections: number;
  readonly #idle = new Set<Duplex>();
  #openCount = 0;

  constructor(open: (route: Route) => Promise<TLSSocket>, mostConnections: number) {
    super({ keepAlive: true, timeout: idleTimeoutMs, maxFreeSockets: mostConnections });
    this.#open = open;
    this.#mostConnections = mostConnections;
  }

  get openCount(): number {
    return this.#openCount;
  }

  override getName(options?: RequestOptions): string {
    return (options as AgentOptions).poolKey;
  }

  override createConnection(options: RequestOptions, deliver?: DeliverConnection): undefined {
    if (this.#openCount >= this.#mostConnections) this.#idle.values().next().value?.destroy();
    this.#openCount++;
    this.#open((options as AgentOptions).route).then(
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
