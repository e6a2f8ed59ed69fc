import { routes } from '../http/routes.ts';
import { startHttpServer } from '../http/start-http-server.ts';
import { systemClock } from '../platform/clock.ts';
import type { Config } from '../platform/config/config.ts';
import type { Context } from '../platform/context.ts';
import { migrateDatabase } from '../platform/database/migrate-database.ts';
import { openDatabase } from '../platform/database/open-database.ts';
import type { Log } from '../platform/logging/log.ts';
import { createMetrics } from '../platform/metrics/metrics.ts';
import { systemRandom } from '../platform/random.ts';
import { openContext } from './open-context.ts';
import { readServerName } from './server-facts.ts';

export interface StartedHomeserver {
  /** Address of the listener for clients, without a slash at the end. */
  readonly url: string;
  readonly context: Context;
  /** Finishes what runs, hands over the shards, closes everything. */
  stop(): Promise<void>;
}

export interface HomeserverOptions {
  readonly config: Config;
  /** postgres:// URL of the database: config.database.url, or the embedded PostgreSQL's. */
  readonly databaseUrl: string;
  readonly log: Log;
}

/**
 * Starts one process of the homeserver over a database, migrating it first. Throws when the server has no name yet, or
 * another one than the database has.
 */
export async function startHomeserver({ config, databaseUrl, log }: HomeserverOptions): Promise<StartedHomeserver> {
  const { poolSize, statementTimeoutMs } = config.database;
  await migrateDatabase(databaseUrl);
  const database = openDatabase({ url: databaseUrl, poolSize, applicationName: 'holdfast', statementTimeoutMs });
  const random = systemRandom;
  const serverName = config.serverName ?? (await readServerName(database));
  if (serverName === undefined) throw new Error('the server has no name yet');
  const platform = { clock: systemClock, random, config, log, metrics: createMetrics(), database, databaseUrl };
  const { context, shardLog } = await openContext(platform, serverName);
  await shardLog.start();
  const http = await startHttpServer(context, routes);
  return {
    url: http.url,
    context,
    async stop() {
      await http.close();
      await shardLog.close();
      context.metrics.close();
      await database.end({ timeout: 5 });
    },
  };
}
