import type { Clock } from '@holdfast/effects/clock.ts';
import type { FindVerifyKey, VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { ServerKeys } from './parse-server-keys.ts';

/** A key that something is signed with. */
export interface WantedKey {
  readonly serverName: string;
  readonly keyId: string;
  /** When it was used; the key must have been valid then. Milliseconds since the epoch. */
  readonly atTs: number;
}

/** A key of another server. */
export interface KnownKey extends VerifyKey {
  /** The server gave it itself; otherwise a notary did. */
  readonly isFirstHand: boolean;
}

/** Where keys come from. None of these throws for what another server does. */
export interface KeySources {
  /** Our own keys, by key id, when it is us who signed. */
  readonly own: (serverName: string) => ReadonlyMap<string, VerifyKey> | undefined;
  /** Remembered keys of servers, by server and key id. */
  readonly load: (serverNames: readonly string[]) => Promise<ReadonlyMap<string, ReadonlyMap<string, KnownKey>>>;
  /** Asks a server itself. Undefined when it gives none that are sound. */
  readonly fetch: (serverName: string, isAwaited: boolean) => Promise<ServerKeys | undefined>;
  /** Asks the notaries. */
  readonly fetchFromNotaries: (wanted: readonly WantedKey[]) => Promise<readonly ServerKeys[]>;
}

export interface FindKeysOptions {
  /** The server itself is there and waits: it is asked even if it did not answer a short while ago. */
  readonly isAwaited?: boolean;
}

const cachedServers = 20_000;
/** A server is not asked more often than this, whatever keys it is said to have. Doubles with every failure. */
const betweenFetchesMs = 10_000;
const longestBetweenFetchesMs = 300_000;
const fetchesAtOnce = 50;
/** Once this time has passed no further server is asked: of thousands that hang, nobody would hear the end. */
const askingMs = 30_000;
/** Of more servers than this at once, the notaries are asked first: one question instead of hundreds. */
const manyServers = 25;

interface KnownServer {
  readonly name: string;
  readonly keys: Map<string, KnownKey>;
  isLoaded: boolean;
  fetching: Promise<void> | undefined;
  failures: number;
  /** Monotonic. */
  nextFetchMs: number;
}

/** The signing keys of other servers: from memory, the database, the servers themselves, and notaries, in this order. */
export class KeyRing {
  readonly #clock: Clock;
  readonly #sources: KeySources;
  readonly #servers = new BoundedCache<string, KnownServer>(cachedServers);

  constructor(clock: Clock, sources: KeySources) {
    this.#clock = clock;
    this.#sources = sources;
  }

  get size(): number {
    return this.#servers.size;
  }

  /** Looks for keys, each fetched where it is unknown or was not yet known to be valid so late. */
  async find(wanted: readonly WantedKey[], options: FindKeysOptions = {}): Promise<FindVerifyKey> {
    const found = new Map<string, KnownServer>();
    const foreign = wanted.filter(({ serverName }) => !this.#sources.own(serverName));
    for (const { serverName } of foreign) found.set(serverName, this.#server(serverName));
    await this.#load([...found.values()].filter(({ isLoaded }) => !isLoaded));
    const missing = () => foreign.filter((key) => !isGoodAt(found.get(key.serverName)?.keys.get(key.keyId), key.atTs));
    if (new Set(missing().map(({ serverName }) => serverName)).size > manyServers) await this.#askNotaries(missing());
    await this.#askServers(
      missing().map(({ serverName }) => serverName),
      options.isAwaited ?? false,
    );
    await this.#askNotaries(missing());
    return (serverName, keyId) => (this.#sources.own(serverName) ?? found.get(serverName)?.keys)?.get(keyId);
  }

  /** Asks servers for their keys, whatever is known already; each at most as often as may be. */
  async refresh(serverNames: readonly string[]): Promise<void> {
    await this.#askServers(serverNames, false);
  }

  #server(name: string): KnownServer {
    let server = this.#servers.get(name);
    if (!server) {
      server = { name, keys: new Map(), isLoaded: false, fetching: undefined, failures: 0, nextFetchMs: 0 };
      this.#servers.set(name, server);
    }
    return server;
  }

  async #load(servers: readonly KnownServer[]): Promise<void> {
    if (servers.length === 0) return;
    const loaded = await this.#sources.load(servers.map(({ name }) => name));
    for (const server of servers) {
      server.isLoaded = true;
      for (const [keyId, key] of loaded.get(server.name) ?? []) {
        const fetchedMeanwhile = server.keys.get(keyId);
        server.keys.set(keyId, fetchedMeanwhile ? this.#choose(key, fetchedMeanwhile) : key);
      }
    }
  }

  /** Each server once at a time, and only so many at once: those that hang take their places for a while. */
  async #askServers(serverNames: readonly string[], isAwaited: boolean): Promise<void> {
    const names = [...new Set(serverNames)];
    const endMs = this.#clock.monotonicMs() + askingMs;
    const askNext = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        if (this.#clock.monotonicMs() > endMs) return;
        await this.#refresh(this.#server(name), isAwaited);
      }
    };
    await Promise.all(Array.from({ length: Math.min(fetchesAtOnce, names.length) }, askNext));
  }

  async #refresh(server: KnownServer, isAwaited: boolean): Promise<void> {
    if (!server.fetching && this.#clock.monotonicMs() < server.nextFetchMs) return;
    server.fetching ??= this.#fetchInto(server, isAwaited).finally(() => {
      server.fetching = undefined;
    });
    await server.fetching;
  }

  async #fetchInto(server: KnownServer, isAwaited: boolean): Promise<void> {
    const found = await this.#sources.fetch(server.name, isAwaited);
    if (found) this.#keep(found, true);
    server.failures = found ? 0 : server.failures + 1;
    const pauseMs = Math.min(longestBetweenFetchesMs, betweenFetchesMs * 2 ** Math.min(10, server.failures));
    server.nextFetchMs = this.#clock.monotonicMs() + pauseMs;
  }

  async #askNotaries(wanted: readonly WantedKey[]): Promise<void> {
    if (wanted.length === 0) return;
    for (const published of await this.#sources.fetchFromNotaries(wanted)) this.#keep(published, false);
  }

  #keep({ serverName, keys }: ServerKeys, isFirstHand: boolean): void {
    const server = this.#server(serverName);
    for (const [keyId, key] of keys) {
      server.keys.set(keyId, this.#choose(server.keys.get(keyId), { ...key, isFirstHand }));
    }
  }

  /** Which of two accounts of a key counts: a server's own before a notary's, then the one that was made later. */
  #choose(known: KnownKey | undefined, given: KnownKey): KnownKey {
    if (!known || given.isFirstHand) return given;
    if (known.isFirstHand) return this.#lengthen(known, given);
    if (known.expiredTs !== undefined || given.expiredTs !== undefined)
      return given.expiredTs === undefined ? known : given;
    return (known.validUntilTs ?? 0) > (given.validUntilTs ?? 0) ? known : given;
  }

  /**
   * A notary may have seen a server after it last answered us: it can say that a key was good for longer, but neither
   * that it is another one nor that it ended earlier or was taken up again.
   */
  #lengthen(known: KnownKey, { publicKey, expiredTs, validUntilTs = 0 }: KnownKey): KnownKey {
    if (known.expiredTs !== undefined || Buffer.compare(known.publicKey, publicKey) !== 0) return known;
    const endTs = expiredTs === undefined ? validUntilTs : Math.min(expiredTs, this.#clock.wallMs());
    return endTs > (known.validUntilTs ?? 0) ? { ...known, validUntilTs: endTs } : known;
  }
}

/** Whether a key answers the question for it, or had better be asked for again. */
export function isGoodAt(key: VerifyKey | undefined, atTs: number): boolean {
  return key !== undefined && (key.expiredTs !== undefined || (key.validUntilTs ?? 0) >= atTs);
}
