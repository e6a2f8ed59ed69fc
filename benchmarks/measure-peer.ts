import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { ceiling, inventPopulation, verifySentInTable } from './ceiling/ceiling.ts';
import { measureDurableCommit } from './load/durable-commit.ts';
import { type LargeRoom, makeLargeRoom } from './load/make-large-room.ts';
import { makePopulation, type Population } from './load/make-population.ts';
import { runScenarios, type ScenarioResults } from './load/run-scenarios.ts';
import type { BenchSizes, ScenarioContext } from './load/scenario.ts';
import { type Summary, summarize } from './load/summary.ts';
import type { Peer, RunningServer } from './peers/peer.ts';
import type { BenchPostgres } from './peers/start-postgres.ts';

export interface PeerResults extends ScenarioResults {
  readonly peer: string;
  readonly version: string;
  /** One durable commit on the same PostgreSQL, just before the peer ran; milliseconds. */
  readonly durableCommitMs: Summary;
}

export interface PeerRun {
  readonly sizes: BenchSizes;
  readonly wanted: ReadonlySet<string>;
  readonly scratchFolder: string;
  readonly postgres: BenchPostgres;
  readonly log: (line: string) => void;
}

/**
 * Starts a peer over a fresh database, measures it, stops it and drops the database. One that does not start is a
 * failure among its results, so that the others are measured all the same.
 */
export async function measurePeer(peer: Peer, run: PeerRun): Promise<PeerResults> {
  const databaseName = `bench_${peer.name.replace(/\W/g, '_')}`;
  const databaseUrl = await run.postgres.createDatabase(databaseName);
  const sql: Sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, types: { bigint: postgres.BigInt } });
  const options = { databaseUrl, dataFolder: join(run.scratchFolder, `data-${peer.name}`), serverName: 'bench.test' };
  let server: RunningServer | undefined;
  let durableCommitMs = summarize([]);
  try {
    durableCommitMs = await measureDurableCommit(sql, run.sizes.durableCommits);
    run.log(`durable commit: p50 ${durableCommitMs.p50.toFixed(2)} ms`);
    server = await peer.start(options);
    run.log(`${server.version} started at ${server.baseUrl}`);
    const started = server;
    const context = peer === ceiling ? ceilingContext(started, run, sql) : serverContext(started, run, sql, restart);
    const wanted = peer === ceiling ? new Set(['send'].filter((name) => run.wanted.has(name))) : run.wanted;
    return { peer: peer.name, version: started.version, durableCommitMs, ...(await runScenarios(context, wanted)) };
  } catch (error) {
    run.log(`failed: ${String(error)}`);
    const failures = [{ scenario: 'start', error: String(error) }];
    return { peer: peer.name, version: 'did not start', durableCommitMs, measurements: [], failures };
  } finally {
    await server?.stop();
    await sql.end({ timeout: 5 });
    await run.postgres.dropDatabase(databaseName);
  }

  async function restart(): Promise<number> {
    await server?.stop();
    server = undefined;
    server = await peer.start(options);
    return server.startMs;
  }
}

/** Measures a server that runs already and is not ours to stop. */
export async function measureRunningServer(
  server: Parameters<typeof serverContext>[0] & { readonly databaseUrl: string | undefined },
  run: Pick<PeerRun, 'sizes' | 'log' | 'wanted'>,
): Promise<PeerResults> {
  const { databaseUrl } = server;
  const sql = databaseUrl === undefined ? undefined : postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const durableCommitMs =
      sql === undefined ? summarize([]) : await measureDurableCommit(sql, run.sizes.durableCommits);
    const results = await runScenarios(serverContext(server, run, sql, undefined), run.wanted);
    return { peer: 'server', version: server.baseUrl, durableCommitMs, ...results };
  } finally {
    await sql?.end({ timeout: 5 });
  }
}

/** A population and a large room are made by the first scenario that needs them. */
export function serverContext(
  server: Pick<RunningServer, 'baseUrl' | 'registrationSecret'> & { readonly pid: number | undefined },
  run: Pick<PeerRun, 'sizes' | 'log'>,
  sql: Sql | undefined,
  restart: (() => Promise<number>) | undefined,
): ScenarioContext {
  const { baseUrl, registrationSecret, pid } = server;
  let population: Promise<Population> | undefined;
  let largeRoom: Promise<LargeRoom> | undefined;
  return {
    baseUrl,
    registrationSecret,
    pid,
    sizes: run.sizes,
    sql,
    verifySent: undefined,
    population: () => (population ??= makePopulation({ baseUrl, registrationSecret })),
    largeRoom: () => (largeRoom ??= makeLargeRoom({ baseUrl, registrationSecret }, run.sizes.largeRoomMembers)),
    restart,
    log: run.log,
  };
}

function ceilingContext(server: RunningServer, run: PeerRun, sql: Sql): ScenarioContext {
  const invented = inventPopulation(server.baseUrl);
  return {
    ...serverContext(server, run, sql, undefined),
    population: () => Promise.resolve(invented),
    verifySent: verifySentInTable(sql),
  };
}
