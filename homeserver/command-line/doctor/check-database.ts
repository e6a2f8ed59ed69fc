import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { Config } from '../../platform/config/config.ts';
import { withConnection } from '../../platform/embedded-postgres/cluster-connection.ts';
import { findEmbeddedPostgres } from '../../platform/embedded-postgres/find-embedded-postgres.ts';
import { preparePostgresBinaries } from '../../platform/embedded-postgres/prepare-postgres-binaries.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const deadlineMs = 10_000;
const leastVersion = 150_000;
/** A process whose clock is further off than this stops stamping events. */
const problemOffsetMs = 5_000;
const warningOffsetMs = 1_000;

/** What PostgreSQL says of itself; read in one query. */
export interface DatabaseAnswer {
  /** Such as 180004. */
  readonly versionNumber: number;
  readonly version: string;
  readonly isStandby: boolean;
  readonly encoding: string;
  readonly maxConnections: number;
  /** The database's clock against ours, at the middle of the query. */
  readonly offsetMs: number;
}

/** PostgreSQL: the one of the configuration, or the one that Holdfast brings; and the clock against it. */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  if (config.database.url !== undefined) return checkReachable(config.database.url, config, 'check database.url');
  const found = await findEmbeddedPostgres(config.dataDir);
  const programs = await checkPrograms();
  if (!found) return [programs, ok('the database is made at the first start')];
  if (found.pid === undefined) return [programs, ok('the database is there and not running')];
  return [programs, ...(await checkReachable(found.url, config, 'restart Holdfast'))];
}

async function checkPrograms(): Promise<Finding> {
  const copies = await mkdtemp(join(tmpdir(), 'holdfast-doctor-'));
  try {
    const { version } = await preparePostgresBinaries(undefined, copies);
    return ok(`PostgreSQL ${version} comes with Holdfast and runs here`);
  } catch (error) {
    return problem((error as Error).message, 'HOLDFAST_DATABASE_URL=postgres://user:password@host:5432/name');
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
}

async function checkReachable(url: string, config: Config, mend: string): Promise<Finding[]> {
  try {
    return judgeDatabase(await withDeadline(askDatabase(url), deadlineMs, 'asking PostgreSQL'), config);
  } catch (error) {
    return [problem(`PostgreSQL does not answer: ${(error as Error).message}`, mend)];
  }
}

async function askDatabase(url: string): Promise<DatabaseAnswer> {
  return withConnection(url, async (sql) => {
    // The connection is made and warm before the clocks are compared.
    await sql`SELECT 1`;
    const sentMs = systemClock.wallMs();
    const [row] = await sql`SELECT current_setting('server_version_num')::int AS "versionNumber",
      current_setting('server_version') AS version, pg_is_in_recovery() AS "isStandby",
      current_setting('server_encoding') AS encoding, current_setting('max_connections')::int AS "maxConnections",
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"`;
    const middleMs = (sentMs + systemClock.wallMs()) / 2;
    const { nowMs, ...answer } = row as unknown as Omit<DatabaseAnswer, 'offsetMs'> & { nowMs: number };
    return { ...answer, offsetMs: Math.round(nowMs - middleMs) };
  });
}

/** The verdicts on what PostgreSQL said. */
export function judgeDatabase(answer: DatabaseAnswer, config: Config): Finding[] {
  const { version, encoding, maxConnections, offsetMs } = answer;
  const findings: Finding[] = [];
  const add = (isWrong: boolean, finding: Finding) => void (isWrong && findings.push(finding));
  add(answer.versionNumber < leastVersion, problem(`PostgreSQL ${version} is too old`, 'upgrade it to 15 or newer'));
  add(
    answer.isStandby,
    problem('PostgreSQL is a standby there, which takes no writes', 'name the primary, or all hosts, in database.url'),
  );
  add(
    encoding !== 'UTF8',
    problem(`the database has encoding ${encoding}`, `CREATE DATABASE holdfast ENCODING 'UTF8' TEMPLATE template0`),
  );
  add(
    maxConnections < config.database.poolSize * 2 + 10,
    warning(
      `PostgreSQL allows ${maxConnections} connections for pools of ${config.database.poolSize}`,
      'raise max_connections or lower HOLDFAST_DATABASE_POOL_SIZE',
    ),
  );
  const distance = Math.abs(offsetMs);
  const clock = `this machine's clock is ${distance} ms ${offsetMs > 0 ? 'behind' : 'ahead of'} the database's`;
  const mend = 'see whether time is kept: timedatectl timesync-status, chronyc tracking';
  if (distance > warningOffsetMs) findings.push((distance > problemOffsetMs ? problem : warning)(clock, mend));
  else findings.push(ok(clock));
  return findings.some(({ verdict }) => verdict === 'problem')
    ? findings
    : [ok(`PostgreSQL ${version} answers`), ...findings];
}
