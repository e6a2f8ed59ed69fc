import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { Metrics } from '@holdfast/effects/metrics.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { Config } from './config/config.ts';
import type { Sql } from './database/open-database.ts';

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
