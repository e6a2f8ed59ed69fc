import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { type CollectedLog, collectLog } from '../../../testing/collect-log.ts';
import { createTestDatabase } from '../../../testing/create-test-database.ts';
import { createCheckedClock } from '../../checked-clock.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Context } from '../../context.ts';
import { openDatabase, type Sql } from '../../database/open-database.ts';
import type { AnyCommand, ShardMemory } from '../command.ts';
import { ShardLog } from '../shard-log.ts';
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts';
import { findNote, insertNotes, noteMemory, noteTable, writeNote } from './note-command.ts';

/** One process of the log, without the rest of a homeserver. */
export interface TestProcess {
  readonly log: ShardLog;
  readonly context: Context;
  readonly records: CollectedLog;
  /** Its way to the database. */
  readonly proxy: DatabaseProxy;
  /** Ends it cleanly, as SIGTERM does. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** Configuration, such as `{ 'process.lease_ms': 500 }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly clock?: Clock;
  readonly commands?: readonly AnyCommand[];
  readonly preparedMemories?: readonly ShardMemory<unknown>[];
}

export interface TestLog {
  /** Straight to the database, for looking at what is there. */
  readonly sql: Sql;
  startProcess(options?: ProcessOptions): Promise<TestProcess>;
  stop(): Promise<void>;
}

/** A clock that runs `factor` times as fast, for tests of deadlines. */
export function fastClock(factor: number): Clock {
  return {
    wallMs: () => systemClock.wallMs(),
    monotonicMs: () => systemClock.monotonicMs() * factor,
    sleep: (durationMs, signal) => systemClock.sleep(durationMs / factor, signal),
    startTimer: (durationMs, run) => systemClock.startTimer(durationMs / factor, run),
  };
}

/** A database with the table of notes, for any number of processes. `defaults` is each one's configuration. */
export async function startTestLog(defaults: Readonly<Record<string, unknown>> = {}): Promise<TestLog> {
  const database = await createTestDatabase();
  const sql = openTestDatabase(database.url);
  await sql.unsafe(noteTable);
  const running = new Set<TestProcess>();
  return {
    sql,
    async startProcess(options = {}) {
      const proxy = await startDatabaseProxy(database.url);
      const process = await startTestProcess(proxy, { ...options, config: { ...defaults, ...options.config } });
      const stop = async () => {
        if (!running.delete(started)) return;
        proxy.restore();
        await process.log.close();
        await process.context.database.end({ timeout: 1 });
        await proxy.close();
      };
      const started: TestProcess = { ...process, proxy, stop };
      running.add(started);
      return started;
    },
    async stop() {
      await Promise.all([...running].map((process) => process.stop()));
      await sql.end({ timeout: 1 });
      await database.drop();
    },
  };
}

function openTestDatabase(url: string, statementTimeoutMs = 10_000): Sql {
  return openDatabase({ url, poolSize: 4, applicationName: 'holdfast test', statementTimeoutMs });
}

async function startTestProcess(proxy: DatabaseProxy, options: ProcessOptions) {
  const overrides = { server_name: 'test', ...options.config };
  const { config } = loadConfig({ environment: {}, overrides });
  const records = collectLog();
  const clock = createCheckedClock(options.clock ?? systemClock);
  const context: Context & { shardLog: ShardLog } = {
    clock,
    random: systemRandom,
    config,
    log: records.log,
    metrics: createMetrics({ processMetrics: false }),
    database: openTestDatabase(proxy.url, config.database.statementTimeoutMs),
    databaseUrl: proxy.url,
    serverName: 'test',
    signingKey: { keyId: 'ed25519:test', secretKey: new Uint8Array(), publicKey: new Uint8Array() },
    shardLog: undefined as never,
  };
  context.shardLog = new ShardLog(context, {
    clock,
    commands: [writeNote, findNote, ...(options.commands ?? [])],
    preparation: { memories: [noteMemory, ...(options.preparedMemories ?? [])], statements: [insertNotes] },
    readEventEntries: async () => [],
    secret: 'test-secret',
  });
  await context.shardLog.start();
  return { log: context.shardLog, context, records };
}
