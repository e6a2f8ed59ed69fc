import { systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import type { Context } from '../platform/context.ts';
import { openDatabase } from '../platform/database/open-database.ts';
import type { ShardLog } from '../platform/shard-log/shard-log.ts';
import { type OpenedContext, openContext } from '../processes/open-context.ts';
import { createTestDatabase } from './create-test-database.ts';

export interface TestContext {
  readonly context: Context;
  readonly shardLog: ShardLog;
  /** Another process's context over the same database. */
  startAnother(): Promise<OpenedContext>;
  /** Ends all contexts and drops the database. */
  stop(): Promise<void>;
}

/** Contexts on a real database of their own, with a started shard log and no HTTP. */
export async function startTestContext(environment: Record<string, string> = {}): Promise<TestContext> {
  const database = await createTestDatabase();
  const open: OpenedContext[] = [];
  const start = async () => {
    const opened = await openTestContext(database.url, environment);
    open.push(opened);
    await opened.shardLog.start();
    return opened;
  };
  const { context, shardLog } = await start();
  return {
    context,
    shardLog,
    startAnother: start,
    async stop() {
      await Promise.allSettled(open.map((opened) => closeTestContext(opened)));
      await database.drop();
    },
  };
}

async function openTestContext(databaseUrl: string, environment: Record<string, string>): Promise<OpenedContext> {
  const { config } = loadConfig({ environment: { HOLDFAST_SERVER_NAME: 'test', ...environment } });
  const sql = openDatabase({
    url: databaseUrl,
    poolSize: 4,
    applicationName: 'holdfast test',
    statementTimeoutMs: 10_000,
  });
  return await openContext(
    {
      clock: systemClock,
      random: systemRandom,
      config,
      log: silentLog,
      metrics: createMetrics({ processMetrics: false }),
      database: sql,
      databaseUrl,
    },
    'test',
  );
}

async function closeTestContext({ context, shardLog }: OpenedContext): Promise<void> {
  await shardLog.close();
  await context.database.end({ timeout: 1 });
}
