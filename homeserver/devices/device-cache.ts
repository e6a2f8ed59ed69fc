import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import type { LogTail } from '../platform/shard-log/log-tail.ts';

/** Entry kinds that say of one device that something about it changed. */
type DeviceEntryKind = 'to-device' | 'one-time-keys';

const cachedDevices = 50_000;

/**
 * What was read of devices lately, on this process. An entry of its kind in the log drops what is cached of its device;
 * without one nothing changes, so a waiting client costs no query.
 */
export class DeviceCache<Value> {
  readonly #kind: DeviceEntryKind;
  #values = new BoundedCache<string, { readonly value: Value }>(cachedDevices);
  /** The newest read under way of each device, until something changes. */
  readonly #reads = new Map<string, symbol>();

  constructor(tail: LogTail, kind: DeviceEntryKind) {
    this.#kind = kind;
    // For as long as the tail, which is as long as the process.
    tail.subscribe((_shard, entries) => {
      // No entries: the log was too far ahead to be read, so anything may have changed.
      if (entries.length === 0) this.#clear();
      for (const entry of entries) {
        if (entry.kind === this.#kind) this.#drop(entry.body.userId, entry.body.deviceId);
      }
    });
  }

  get(userId: string, deviceId: string): Value | undefined {
    return this.#values.get(cacheKey(userId, deviceId))?.value;
  }

  /** Reads a value; `keep` says whether it is cached. It is not when a change came meanwhile. */
  async read(
    userId: string,
    deviceId: string,
    read: () => Promise<{ readonly value: Value; readonly keep: boolean }>,
  ): Promise<Value> {
    const key = cacheKey(userId, deviceId);
    const mark = Symbol(key);
    this.#reads.set(key, mark);
    try {
      const { value, keep } = await read();
      if (keep && this.#reads.get(key) === mark) this.#values.set(key, { value });
      return value;
    } finally {
      if (this.#reads.get(key) === mark) this.#reads.delete(key);
    }
  }

  #drop(userId: string, deviceId: string): void {
    const key = cacheKey(userId, deviceId);
    this.#values.delete(key);
    this.#reads.delete(key);
  }

  #clear(): void {
    this.#values = new BoundedCache(cachedDevices);
    this.#reads.clear();
  }
}

function cacheKey(userId: string, deviceId: string): string {
  return `${userId} ${deviceId}`;
}

/** One cache of a kind of value per process. */
export function deviceCacheOf<Value>(kind: DeviceEntryKind): (context: Context) => DeviceCache<Value> {
  const caches = new WeakMap<LogTail, DeviceCache<Value>>();
  return (context) => {
    const { tail } = context.shardLog;
    let cache = caches.get(tail);
    if (!cache) {
      cache = new DeviceCache(tail, kind);
      caches.set(tail, cache);
    }
    return cache;
  };
}
