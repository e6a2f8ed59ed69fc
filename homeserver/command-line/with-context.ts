import { systemClock } from '@holdfast/effects/clock.ts';
import { createLog } from '@holdfast/effects/create-log.ts';
import type { Log } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Config } from '../platform/config/config.ts';
import type { Context } from '../platform/context.ts';
import { migrateDatabase } from '../platform/database/migrate-database.ts';
import { openDatabase, type Sql } from '../platform/database/open-database.ts';
import { findEmbeddedPostgres } from '../platform/embedded-postgres/find-embedded-postgres.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts';
import { openContext } from '../processes/open-context.ts';
import { readServerName } from '../processes/server-facts.ts';
import { readProcesses, readShards } from '../storage/processes/read-processes.ts';
import { readServerFact } from '../storage/processes/read-server-facts.ts';
import { CommandError, type CommandInput } from './command.ts';
import { embeddedPostgresOptions } from './embedded-postgres-options.ts';
import { createForwardingSubmit } from './forward-to-owner.ts';
import { loadCommandConfig } from './load-command-config.ts';

/** Of a database that was never migrated. */
const undefinedTable = '42P01';

/**
 * Runs a task of the command line with the homeserver's context. Where processes of this homeserver run, they do the
 * writing; otherwise this process owns the shards for as long as the task takes, and starts the embedded PostgreSQL for
 * that time. Errors of the task become CommandErrors.
 */
export async function withContext<T>(input: CommandInput, task: (context: Context) => Promise<T>): Promise<T> {
  const { config } = loadCommandConfig(input);
  // Standard output is the result's.
  const log = createLog({ level: 'error', format: 'auto' }, { write: (text) => process.stderr.write(text) });
  const database = await openCommandDatabase(config, log);
  try {
    return await runInContext(config, log, database, task);
  } catch (error) {
    if (error instanceof MatrixError) throw new CommandError(error.message);
    throw error;
  } finally {
    await database.close();
  }
}

interface CommandDatabase {
  readonly url: string;
  readonly sql: Sql;
  close(): Promise<void>;
}

async function openCommandDatabase(config: Config, log: Log): Promise<CommandDatabase> {
  const { url, stop } = await findDatabase(config, log);
  const { statementTimeoutMs } = config.database;
  const sql = openDatabase({ url, poolSize: 2, applicationName: 'holdfast command', statementTimeoutMs });
  return {
    url,
    sql,
    async close() {
      await sql.end({ timeout: 1 });
      await stop();
    },
  };
}

async function findDatabase(config: Config, log: Log): Promise<{ url: string; stop(): Promise<void> }> {
  if (config.database.url !== undefined) return { url: config.database.url, stop: async () => {} };
  const found = await findEmbeddedPostgres(config.dataDir);
  if (found?.pid !== undefined) return { url: found.url, stop: async () => {} };
  if (!found) throw new CommandError(`There is no database in ${config.dataDir} yet: start Holdfast once.`);
  return startEmbeddedPostgres(embeddedPostgresOptions(config, log)).catch((error: Error) => {
    throw new CommandError(error.message);
  });
}

async function runInContext<T>(
  config: Config,
  log: Log,
  { url, sql }: CommandDatabase,
  task: (context: Context) => Promise<T>,
): Promise<T> {
  const processes = await readProcesses(sql).catch((error: Error & { code?: string }) => {
    if (error.code === undefinedTable) return [];
    throw new CommandError(`PostgreSQL does not answer: ${error.message}`);
  });
  const isServed = processes.some((process) => process.silentSeconds * 1000 < config.process.leaseMs);
  // A cluster that runs is migrated by its own processes, when they are replaced.
  if (!isServed) await migrateDatabase(url);
  const serverName = config.serverName ?? (await readServerName(sql));
  if (serverName === undefined) {
    throw new CommandError('This server has no name yet: set server_name, or open the start page once.');
  }
  const platform = {
    ...{ clock: systemClock, random: systemRandom, log, database: sql, databaseUrl: url },
    config: await countShards(config, sql),
    metrics: createMetrics({ processMetrics: false }),
  };
  const { context, shardLog } = await openContext(platform, serverName);
  if (isServed) {
    const secret = (await readServerFact(sql, 'cluster_secret')) ?? '';
    return task({ ...context, shardLog: await createForwardingSubmit(context, secret) });
  }
  await shardLog.start();
  try {
    return await task(context);
  } finally {
    await shardLog.close();
  }
}

/** The server may have been started with settings in its environment that this command does not see. */
async function countShards(config: Config, sql: Sql): Promise<Config> {
  const { length } = await readShards(sql);
  return length === 0 ? config : { ...config, shards: { count: length } };
}
