import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase, type Sql } from '@holdfast/homeserver/platform/database/open-database.ts';
import { auditWrites } from './audit-writes.ts';
import { type DrillPostgres, startDrillPostgres } from './drill-postgres.ts';
import { HomeserverProcess } from './homeserver-process.ts';

export interface ClusterOptions {
  readonly folder: string;
  readonly shardCount: number;
  /** Further settings of every process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Further settings of one process, by its index. */
  readonly environmentOf?: (index: number) => Readonly<Record<string, string>>;
  /** The PostgreSQL that Holdfast carries, unless given. */
  readonly startDatabase?: (folder: string) => Promise<DrillPostgres>;
}

/** Several processes of one homeserver over one PostgreSQL. */
export interface Cluster {
  readonly postgres: DrillPostgres;
  readonly processes: readonly HomeserverProcess[];
  /** For looking at what is stored. */
  readonly sql: Sql;
  /** The process that owns a shard by the database's clock. */
  findOwner(shard: number): Promise<HomeserverProcess | undefined>;
  stop(): Promise<void>;
}

/** Unless the settings name another one. */
export const drillServerName = 'drill.test';
const processCount = 3;
/** Long: the drill's own questions at the end read whole tables. */
const questionTimeoutMs = 120_000;

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { folder } = options;
  const postgres = await (options.startDatabase ? options.startDatabase(folder) : startDrillPostgres(folder));
  const environment = {
    HOLDFAST_DATABASE_URL: postgres.url,
    HOLDFAST_SERVER_NAME: drillServerName,
    HOLDFAST_SHARDS_COUNT: String(options.shardCount),
    HOLDFAST_REGISTRATION_MODE: 'open',
    HOLDFAST_RATE_LIMITS_ENABLED: 'false',
    HOLDFAST_PASSWORD_MEMORY_KIB: '1024',
    HOLDFAST_PASSWORD_ITERATIONS: '1',
    HOLDFAST_LOG_FORMAT: 'json',
    ...options.environment,
  };
  const processes: HomeserverProcess[] = [];
  for (let index = 0; index < processCount; index++) {
    const name = `process-${index + 1}`;
    const dataDir = join(folder, name);
    await mkdir(dataDir);
    const own = { HOLDFAST_DATA_DIR: dataDir, ...options.environmentOf?.(index) };
    const logFile = join(folder, `${name}.log`);
    processes.push(await HomeserverProcess.start({ name, environment: { ...environment, ...own }, logFile }));
  }
  const sql = openDatabase({
    url: postgres.url,
    poolSize: 2,
    applicationName: 'drill',
    statementTimeoutMs: questionTimeoutMs,
  });
  await auditWrites(sql);
  return {
    postgres,
    processes,
    sql,
    async findOwner(shard) {
      const rows = await sql<{ address: string }[]>`
        SELECT address FROM shard JOIN process ON process.id = shard.owner
        WHERE shard.id = ${shard} AND lease_until > clock_timestamp()`;
      return processes.find((process) => process.internalAddress === rows[0]?.address);
    },
    async stop() {
      await sql.end({ timeout: 1 });
      await Promise.all(processes.map((process) => process.stop()));
      await postgres.stop();
    },
  };
}
