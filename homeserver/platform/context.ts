import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { Sql } from './database/open-database.ts';
import type { Log } from './logging/log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Random } from './random.ts';
import type { ShardLog } from './shard-log/shard-log.ts';

/** What the platform itself stands on. */
export interface PlatformContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A pool for reading. Everything is written by commands through the shard log. */
  readonly database: Sql;
  /** Where it is, for connections that are not of the pool. */
  readonly databaseUrl: string;
}

/**
 * What code needs from outside and cannot be pure without. It holds these and nothing else, and does not grow: no
 * registry of services.
 */
export interface Context extends PlatformContext {
  readonly serverName: string;
  readonly signingKey: SigningKey;
  /** The write side of the database, and the stream of what was written. */
  readonly shardLog: ShardLog;
}

export interface SigningKey {
  /** Such as `ed25519:a1B2`. */
  readonly keyId: string;
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}
