import { systemClock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { startAdministration } from '../administration/start-administration.ts';
import { startAppservices } from '../appservices/start-appservices.ts';
import { startDeviceLists } from '../devices/remote-lists/start-device-lists.ts';
import { startFederation } from '../federation/start-federation.ts';
import { startMetricsServer } from '../http/health/start-metrics-server.ts';
import { publicRoutes, routes } from '../http/routes.ts';
import { formatSetUpUrl, grantSetUpAccess, type SetUpAccess } from '../http/set-up/set-up-access.ts';
import { setUpRoutes } from '../http/set-up/set-up-routes.ts';
import { startHttpServer } from '../http/start-http-server.ts';
import { startMediaUpkeep } from '../media/media-upkeep.ts';
import type { Config } from '../platform/config/config.ts';
import type { Context } from '../platform/context.ts';
import { migrateDatabase } from '../platform/database/migrate-database.ts';
import { openDatabase, type Sql } from '../platform/database/open-database.ts';
import { startReplicationWatch } from '../platform/database/watch-replication.ts';
import { startVolumeWatch } from '../platform/watch-volumes.ts';
import type { NameResolver } from '../remote-servers/discovery/name-resolver.ts';
import { openRemoteServers } from '../remote-servers/open-remote-servers.ts';
import { startErasedUsers } from '../rooms/erased-users.ts';
import { partialRoomsOf } from '../rooms/remote/partial-rooms.ts';
import { hasAdministrators } from '../storage/accounts/read-accounts.ts';
import { openContext } from './open-context.ts';
import { readServerName } from './server-facts.ts';

export interface StartedHomeserver {
  /** Address of the listener for clients, without a slash at the end. */
  readonly url: string;
  /** Of the listener for other servers, where it has one of its own. */
  readonly tlsUrl: string | undefined;
  /** Where the first administrator can be made, as long as there is none. */
  readonly setUpUrl: string | undefined;
  readonly context: Context;
  /** Finishes what runs, hands over the shards, closes everything. */
  stop(): Promise<void>;
}

export interface HomeserverOptions {
  readonly config: Config;
  /** postgres:// URL of the database: config.database.url, or the embedded PostgreSQL's. */
  readonly databaseUrl: string;
  readonly log: Log;
  /** Of a set-up that has begun already; otherwise it is granted when there is no administrator. */
  readonly setUp?: SetUpAccess;
  /** Takes the place of the machine's DNS when other servers are looked for, in tests. */
  readonly nameResolver?: NameResolver;
}

/** Neither the configuration nor the database has a name for the server. */
export class UnnamedServerError extends Error {
  constructor() {
    super('the server has no name yet');
    this.name = 'UnnamedServerError';
  }
}

/**
 * Starts one process of the homeserver over a database, migrating it first. Throws UnnamedServerError when the server
 * has no name yet, and an error for people when it has another one than the database has; nothing stays open then.
 */
export async function startHomeserver(options: HomeserverOptions): Promise<StartedHomeserver> {
  const { config, databaseUrl } = options;
  const { poolSize, statementTimeoutMs } = config.database;
  await migrateDatabase(databaseUrl);
  const database = openDatabase({ url: databaseUrl, poolSize, applicationName: 'holdfast', statementTimeoutMs });
  const metrics = createMetrics();
  const closers = [() => database.end({ timeout: 5 }), async () => metrics.close()];
  const stop = async () => {
    for (const close of closers.toReversed()) await close();
  };
  try {
    const [serverName, setUp] = await Promise.all([findServerName(config, database), findSetUp(options, database)]);
    const platform = {
      clock: systemClock,
      random: systemRandom,
      config,
      log: options.log,
      metrics,
      database,
      databaseUrl,
    };
    const { context, shardLog } = await openContext(platform, serverName);
    closers.push(() => shardLog.close());
    const remoteServers = openRemoteServers(context, options.nameResolver);
    closers.push(() => remoteServers.close());
    await shardLog.start();
    closers.push(startReplicationWatch(context));
    closers.push(startVolumeWatch(context));
    const stopFollowing = await startErasedUsers(context);
    closers.push(async () => stopFollowing());
    const deviceLists = startDeviceLists(context);
    closers.push(() => deviceLists.close());
    const federation = startFederation(context);
    closers.push(() => federation.close());
    const appservices = await startAppservices(context);
    closers.push(() => appservices.close());
    closers.push(startMediaUpkeep(context));
    closers.push(startAdministration(context));
    const partialRooms = partialRoomsOf(context);
    await partialRooms.start();
    closers.push(async () => partialRooms.close());
    if (config.metrics.port !== undefined) {
      const { port, bind } = config.metrics;
      const metricsServer = await startMetricsServer(metrics, { port, bind });
      closers.push(() => metricsServer.close());
    }
    const http = await startHttpServer(context, [...routes, ...setUpRoutes(setUp)], publicRoutes);
    closers.push(() => http.close());
    const { url, tlsUrl } = http;
    return { url, tlsUrl, setUpUrl: setUp && formatSetUpUrl(url, setUp), context, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function findServerName(config: Config, database: Sql): Promise<string> {
  const serverName = config.serverName ?? (await readServerName(database));
  if (serverName === undefined) throw new UnnamedServerError();
  return serverName;
}

async function findSetUp({ setUp }: HomeserverOptions, database: Sql): Promise<SetUpAccess | undefined> {
  if (setUp) return setUp;
  return (await hasAdministrators(database)) ? undefined : grantSetUpAccess(systemRandom);
}
