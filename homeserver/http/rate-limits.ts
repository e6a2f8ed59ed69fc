import { isIPv6 } from 'node:net';
import type { Clock } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Config } from '../platform/config/config.ts';
import type { RateOverride } from '../storage/accounts/rate-override.ts';

/** What is counted apart. `request` counts everything; the others count on top of it. */
export type RateLimitKind = Exclude<keyof Config['rateLimits'], 'enabled'>;

interface Bucket {
  /** Tokens left when it was last looked at. */
  tokens: number;
  atMs: number;
}

/** An attacker with more addresses than this pushes out the idlest buckets first, which are full again anyway. */
const maxBuckets = 100_000;

/**
 * Token buckets in the memory of this process, per kind and per user, server or address. A restart or another process begins
 * with full ones: these limits keep one client from hurting others, they account for nothing.
 */
export class RateLimits {
  readonly #limits: Config['rateLimits'];
  readonly #clock: Clock;
  readonly #buckets = new BoundedCache<string, Bucket>(maxBuckets);

  constructor(config: Config, clock: Clock) {
    this.#limits = config.rateLimits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /**
   * Takes a token, out of a bucket of another size where the user has one. Throws M_LIMIT_EXCEEDED with `retry_after_ms`
   * when there is none.
   */
  take(kind: RateLimitKind, key: string, size: RateOverride = this.#limits[kind]): void {
    if (!this.#limits.enabled) return;
    const { perSecond } = size;
    const bucket = this.#filledBucket(kind, key, size);
    if (bucket.tokens < 1) throw limitExceeded(Math.ceil(((1 - bucket.tokens) / perSecond) * 1000));
    bucket.tokens--;
  }

  /** Gives a token back: for what counts only when it fails, such as a wrong password, and is taken before it runs. */
  giveBack(kind: RateLimitKind, key: string): void {
    if (this.#limits.enabled) this.#filledBucket(kind, key).tokens += 1;
  }

  #filledBucket(kind: RateLimitKind, key: string, { perSecond, burst }: RateOverride = this.#limits[kind]): Bucket {
    const nowMs = this.#clock.monotonicMs();
    const name = `${kind} ${key}`;
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      bucket = { tokens: burst, atMs: nowMs };
      this.#buckets.set(name, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
    return bucket;
  }
}

/** One customer of IPv6 has a whole /64; counting single addresses would count nothing. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const tailGroups = tail ? tail.split(':') : [];
  while (tail !== undefined && groups.length + tailGroups.length < 8) groups.push('0');
  return [...groups, ...tailGroups].slice(0, 4).join(':');
}

function limitExceeded(waitMs: number): MatrixError {
  return new MatrixError('M_LIMIT_EXCEEDED', 'Too many requests', { fields: { retry_after_ms: waitMs } });
}
