import type { VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ServerKeys } from './parse-server-keys.ts';

/** A key that something is signed with. */
export interface WantedKey {
  readonly serverName: string;
  readonly keyId: string;
  /** When it was used; the key must have been valid then. Milliseconds since the epoch. */
  readonly atTs: number;
}

/** Asks a server for its keys. Undefined when it gives none that are sound; never throws. */
export type FetchKeys = (serverName: string) => Promise<ServerKeys | undefined>;

const cachedServers = 20_000;
/** A server is not asked more often than this, whatever keys it is said to have. Doubles with every failure. */
const betweenFetchesMs = 10_000;
const longestBetweenFetchesMs = 300_000;

interface KnownServer {
  readonly keys: Map<string, VerifyKey>;
  fetching: Promise<void> | undefined;
  failures: number;
  /** Monotonic. */
  nextFetchMs: number;
}

/** The signing keys of other servers, as far as this process has needed them. */
export class KeyRing {
  readonly #clock: Clock;
  readonly #fetch: FetchKeys;
  readonly #servers = new BoundedCache<string, KnownServer>(cachedServers);

  constructor(clock: Clock, fetch: FetchKeys) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  get size(): number {
    return this.#servers.size;
  }

  /** The key, fetched where it is unknown or no longer valid at that time. */
  async find({ serverName, keyId, atTs }: WantedKey): Promise<VerifyKey | undefined> {
    const server = this.#server(serverName);
    const known = server.keys.get(keyId);
    if (known && coversTime(known, atTs)) return known;
    await this.#refresh(serverName, server);
    return server.keys.get(keyId);
  }

  #server(serverName: string): KnownServer {
    let server = this.#servers.get(serverName);
    if (!server) {
      server = { keys: new Map(), fetching: undefined, failures: 0, nextFetchMs: 0 };
      this.#servers.set(serverName, server);
    }
    return server;
  }

  async #refresh(serverName: string, server: KnownServer): Promise<void> {
    if (!server.fetching && this.#clock.monotonicMs() < server.nextFetchMs) return;
    server.fetching ??= this.#fetchInto(serverName, server).finally(() => {
      server.fetching = undefined;
    });
    await server.fetching;
  }

  async #fetchInto(serverName: string, server: KnownServer): Promise<void> {
    const found = await this.#fetch(serverName);
    for (const [keyId, key] of found?.keys ?? []) server.keys.set(keyId, key);
    server.failures = found ? 0 : server.failures + 1;
    const pauseMs = Math.min(longestBetweenFetchesMs, betweenFetchesMs * 2 ** Math.min(10, server.failures));
    server.nextFetchMs = this.#clock.monotonicMs() + pauseMs;
  }
}

function coversTime(key: VerifyKey, atTs: number): boolean {
  return key.expiredTs !== undefined || (key.validUntilTs ?? 0) >= atTs;
}
